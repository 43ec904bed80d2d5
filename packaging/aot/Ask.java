import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.List;

/** Asks an agent what its operators, load balancers and peers ask it: {@code java Ask.java PORT}. It has a minute to come up. */
final class Ask {

    private static final List<String> PATHS = List.of(
            "/", "/primary", "/replica", "/leader", "/read-only", "/health", "/liveness", "/readiness", "/patroni", "/cluster",
            "/config", "/history", "/metrics", "/sync", "/async", "/nowhere");

    private static final long PATIENCE_NANOS = 60_000_000_000L;

    public static void main(String[] args) throws Exception {
        long start = System.nanoTime();
        while (!answers(args[0], "GET", "/liveness")) {
            if (System.nanoTime() - start > PATIENCE_NANOS) {
                throw new IllegalStateException("no REST API on port " + args[0]);
            }
            Thread.sleep(200);
        }
        for (String path : PATHS) {
            for (String method : List.of("GET", "OPTIONS", "HEAD")) {
                answers(args[0], method, path);
            }
        }
    }

    private static boolean answers(String port, String method, String path) throws Exception {
        var connection =
                (HttpURLConnection) URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
        connection.setRequestMethod(method);
        connection.setConnectTimeout(5_000);
        connection.setReadTimeout(10_000);
        try {
            connection.getResponseCode();
            try (var body = connection.getErrorStream() == null ? connection.getInputStream() : connection.getErrorStream()) {
                body.readAllBytes();
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
