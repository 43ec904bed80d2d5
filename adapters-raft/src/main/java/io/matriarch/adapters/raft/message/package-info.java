/** What a client and a member of the embedded store say to each other besides jraft's own messages. */
package io.matriarch.adapters.raft.message;
