package io.matriarch.app.loop;

import io.matriarch.domain.ha.OperatorRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongFunction;

/** What operators have asked of this member and have not been answered yet. */
public final class RequestBox {

    /** An answer in the words people know. */
    public record Answer(boolean ok, String text) {}

    private record Open(OperatorRequest request, CompletableFuture<Answer> answer) {}

    private final Map<Long, Open> open = new LinkedHashMap<>();
    private final Runnable wakeUp;
    private long last;

    public RequestBox(Runnable wakeUp) {
        this.wakeUp = wakeUp;
    }

    /** Asks; {@code request} is given its number. */
    public CompletableFuture<Answer> ask(LongFunction<OperatorRequest> request) {
        var answer = new CompletableFuture<Answer>();
        synchronized (this) {
            last++;
            open.put(last, new Open(request.apply(last), answer));
        }
        wakeUp.run();
        return answer;
    }

    /** Those that wait, oldest first. */
    public synchronized List<OperatorRequest> waiting() {
        List<OperatorRequest> requests = new ArrayList<>();
        open.values().forEach(one -> requests.add(one.request()));
        return requests;
    }

    public void answer(long number, boolean ok, String text) {
        Open answered;
        synchronized (this) {
            answered = open.remove(number);
        }
        if (answered != null) {
            answered.answer().complete(new Answer(ok, text));
        }
    }
}
