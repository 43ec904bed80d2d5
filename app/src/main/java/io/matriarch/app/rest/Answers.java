package io.matriarch.app.rest;

import io.matriarch.app.config.Json;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.ext.ExceptionMapper;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Bodies in and out. */
final class Answers {

    private static final Logger log = LoggerFactory.getLogger(Answers.class);

    private Answers() {}

    static Response text(int code, String text) {
        return of(code, "text/html", text);
    }

    static Response json(Object value) {
        return of(200, "application/json", Json.spaced(value));
    }

    static Response json(int code, Object value) {
        return of(code, "application/json", Json.spaced(value));
    }

    static Response of(int code, String type, String text) {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        return Response.status(code)
                .header("Content-Type", type)
                .header("Content-Length", body.length)
                .entity(body)
                .build();
    }

    /** A body that has to be there and say something. */
    static Map<String, Object> required(byte[] body) {
        Map<String, Object> document = optional(body);
        if (document.isEmpty()) {
            throw new RefusedException(400, "Bad Request");
        }
        return document;
    }

    /** A body that may be missing; what is there has to be an object. */
    static Map<String, Object> optional(byte[] body) {
        if (body.length == 0) {
            return Map.of();
        }
        Optional<Map<String, Object>> document = Json.object(new String(body, StandardCharsets.UTF_8));
        return document.orElseThrow(() -> new RefusedException(400, "Bad Request"));
    }

    /** What a resource throws becomes a short answer; what nobody has thought of is logged. */
    static final class Failures implements ExceptionMapper<Throwable> {
        @Override
        public Response toResponse(Throwable failure) {
            return switch (failure) {
                case RefusedException refused -> text(refused.code(), refused.getMessage());
                case WebApplicationException answered ->
                    text(
                            answered.getResponse().getStatus() == 405
                                    ? 501
                                    : answered.getResponse().getStatus(),
                            "Unsupported request");
                default -> {
                    log.warn("a request failed: {}", failure.toString(), failure);
                    yield text(500, "Internal error");
                }
            };
        }
    }
}
