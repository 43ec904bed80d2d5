package io.matriarch.adapters.raft.rpc;

import com.alipay.sofa.jraft.rpc.RpcContext;
import com.alipay.sofa.jraft.rpc.RpcProcessor;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Messages of our own, and a processor that answers them, or keeps silent. */
final class Echo implements RpcProcessor<Echo.Ask> {

    record Ask(long number, byte[] padding) {}

    record Answer(long number) {}

    /** A number that gets no answer. */
    static final long SILENCE = -1;

    /** A number whose processing fails. */
    static final long FAILURE = -2;

    final List<Long> seen = new CopyOnWriteArrayList<>();

    static WireCodecs codecs() {
        return WireCodecs.raft()
                .with(new WireCodec<>(1000, Ask.class, Echo::encode, Echo::decode))
                .with(new WireCodec<>(
                        1001,
                        Answer.class,
                        answer ->
                                ByteBuffer.allocate(8).putLong(answer.number()).array(),
                        bytes -> new Answer(ByteBuffer.wrap(bytes).getLong())));
    }

    private static byte[] encode(Ask ask) {
        return ByteBuffer.allocate(8 + ask.padding().length)
                .putLong(ask.number())
                .put(ask.padding())
                .array();
    }

    private static Ask decode(byte[] bytes) {
        var buffer = ByteBuffer.wrap(bytes);
        var number = buffer.getLong();
        var padding = new byte[buffer.remaining()];
        buffer.get(padding);
        return new Ask(number, padding);
    }

    static Ask ask(long number) {
        return new Ask(number, new byte[0]);
    }

    @Override
    public void handleRequest(RpcContext context, Ask ask) {
        seen.add(ask.number());
        if (ask.number() == FAILURE) {
            throw new IllegalStateException("asked to fail");
        }
        if (ask.number() != SILENCE) {
            context.sendResponse(new Answer(ask.number()));
        }
    }

    @Override
    public String interest() {
        return Ask.class.getName();
    }
}
