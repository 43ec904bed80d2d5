package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Iterator;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.core.StateMachineAdapter;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotReader;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

/** Adds numbers up: the smallest state machine with a snapshot. */
final class CounterMachine extends StateMachineAdapter {

    private static final String FILE = "sum";

    private final AtomicLong sum = new AtomicLong();
    private final AtomicLong applied = new AtomicLong();

    static ByteBuffer command(long amount) {
        return ByteBuffer.allocate(8).putLong(amount).flip();
    }

    long sum() {
        return sum.get();
    }

    long applied() {
        return applied.get();
    }

    @Override
    public void onApply(Iterator entries) {
        while (entries.hasNext()) {
            sum.addAndGet(entries.getData().duplicate().getLong());
            applied.incrementAndGet();
            if (entries.done() != null) {
                entries.done().run(Status.OK());
            }
            entries.next();
        }
    }

    @Override
    public void onSnapshotSave(SnapshotWriter writer, Closure done) {
        try {
            Files.writeString(Path.of(writer.getPath(), FILE), Long.toString(sum.get()));
            done.run(
                    writer.addFile(FILE)
                            ? Status.OK()
                            : new Status(RaftError.EIO, "cannot add %s to the snapshot", FILE));
        } catch (IOException e) {
            done.run(new Status(RaftError.EIO, "%s", e.getMessage()));
        }
    }

    @Override
    public boolean onSnapshotLoad(SnapshotReader reader) {
        try {
            sum.set(Long.parseLong(Files.readString(Path.of(reader.getPath(), FILE))));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
