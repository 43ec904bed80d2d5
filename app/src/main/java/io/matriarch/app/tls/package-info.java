/** Certificates and keys as operators have them: PEM files. */
package io.matriarch.app.tls;
