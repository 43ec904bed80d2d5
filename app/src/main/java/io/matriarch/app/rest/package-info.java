/** The REST server: health checks, status, and what operators ask for. */
package io.matriarch.app.rest;
