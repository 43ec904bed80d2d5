package io.matriarch.ports.testing;

import io.matriarch.domain.cluster.Lease;
import io.matriarch.domain.cluster.LeaseId;
import io.matriarch.domain.cluster.MemberName;
import io.matriarch.ports.dcs.Change;
import io.matriarch.ports.dcs.Dcs;
import io.matriarch.ports.dcs.DcsTiming;
import io.matriarch.ports.dcs.DcsUnavailableException;
import io.matriarch.ports.dcs.LockResult;
import io.matriarch.ports.dcs.StoreSnapshot;
import io.matriarch.ports.dcs.WriteResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A client between which and its store things go wrong, exactly when a script says so.
 *
 * <p>The script is asked once a call, before anything happens, and its answer is all that decides.
 */
public final class FaultyDcs implements Dcs {

    /** What is called. */
    public enum Call {
        LOAD,
        ACQUIRE,
        RENEW,
        ADOPT_LOCK,
        RELEASE,
        OFFER,
        HAND_OVER,
        WRITE,
        PUBLISH,
        REMOVE
    }

    /** What becomes of a call. */
    public enum Fault {
        /** Nothing goes wrong. */
        NONE,
        /** The request never arrives: no effect, no answer. */
        REQUEST_LOST,
        /** The request has its effect, the answer never arrives. */
        ANSWER_LOST,
        /** No answer now; the request has its effect when {@link FaultyDcs#deliverLate} is called. */
        REQUEST_LATE
    }

    private final Dcs store;
    private final List<Runnable> late = new ArrayList<>();
    private final List<Runnable> heldHints = new ArrayList<>();
    private Function<Call, Fault> script = _ -> Fault.NONE;
    private boolean hintsHeld;

    public FaultyDcs(Dcs store) {
        this.store = store;
    }

    /** From now on this decides what becomes of each call. */
    public synchronized FaultyDcs script(Function<Call, Fault> script) {
        this.script = script;
        return this;
    }

    /** No call gets through any more. */
    public FaultyDcs unreachable() {
        return script(_ -> Fault.REQUEST_LOST);
    }

    /** Nothing goes wrong any more. */
    public FaultyDcs healed() {
        return script(_ -> Fault.NONE);
    }

    /** Requests that were on their way arrive now, in the order in which they were sent. Gives their number. */
    public int deliverLate() {
        List<Runnable> arriving;
        synchronized (this) {
            arriving = List.copyOf(late);
            late.clear();
        }
        arriving.forEach(Runnable::run);
        return arriving.size();
    }

    /** Watch hints wait from now on until {@link #deliverHints}. */
    public synchronized void holdHints() {
        hintsHeld = true;
    }

    /** Hints flow again; those that waited come now, or never when {@code lose} is true. */
    public void deliverHints(boolean lose) {
        List<Runnable> arriving;
        synchronized (this) {
            arriving = lose ? List.of() : List.copyOf(heldHints);
            heldHints.clear();
            hintsHeld = false;
        }
        arriving.forEach(Runnable::run);
    }

    @Override
    public StoreSnapshot load() throws DcsUnavailableException {
        return switch (next(Call.LOAD)) {
            case NONE -> store.load();
            case REQUEST_LOST, ANSWER_LOST, REQUEST_LATE -> throw new DcsUnavailableException("unreachable by script");
        };
    }

    @Override
    public LockResult acquireLeaderLock(MemberName self, Change change) {
        return lock(Call.ACQUIRE, () -> store.acquireLeaderLock(self, change));
    }

    @Override
    public LockResult renewLeaderLock(MemberName self, Lease lease) {
        return lock(Call.RENEW, () -> store.renewLeaderLock(self, lease));
    }

    @Override
    public LockResult adoptLeaderLock(MemberName self, LeaseId former) {
        return lock(Call.ADOPT_LOCK, () -> store.adoptLeaderLock(self, former));
    }

    @Override
    public WriteResult releaseLeaderLock(Lease lease, Change change) {
        return written(Call.RELEASE, () -> store.releaseLeaderLock(lease, change));
    }

    @Override
    public Optional<LeaseId> offerLease(MemberName self) {
        return through(Call.OFFER, () -> store.offerLease(self), _ -> Optional.empty());
    }

    @Override
    public WriteResult handOverLeaderLock(Lease lease, MemberName receiver, LeaseId offered, Change change) {
        return written(Call.HAND_OVER, () -> store.handOverLeaderLock(lease, receiver, offered, change));
    }

    @Override
    public WriteResult write(Optional<Lease> fence, Change change) {
        return written(Call.WRITE, () -> store.write(fence, change));
    }

    @Override
    public WriteResult publishMember(MemberName self, String value) {
        return written(Call.PUBLISH, () -> store.publishMember(self, value));
    }

    @Override
    public WriteResult removeCluster() {
        return written(Call.REMOVE, store::removeCluster);
    }

    @Override
    public AutoCloseable watch(Runnable listener) {
        return store.watch(() -> hint(listener));
    }

    @Override
    public DcsTiming adopt(DcsTiming wanted) {
        return store.adopt(wanted);
    }

    @Override
    public void close() {
        store.close();
    }

    private void hint(Runnable listener) {
        synchronized (this) {
            if (hintsHeld) {
                heldHints.add(listener);
                return;
            }
        }
        listener.run();
    }

    private LockResult lock(Call call, Supplier<LockResult> action) {
        return through(call, action, LockResult.Unknown::new);
    }

    private WriteResult written(Call call, Supplier<WriteResult> action) {
        return through(call, action, WriteResult.Unknown::new);
    }

    private <T> T through(Call call, Supplier<T> action, Function<String, T> unknown) {
        return switch (next(call)) {
            case NONE -> action.get();
            case REQUEST_LOST -> unknown.apply(call + ": unreachable by script");
            case ANSWER_LOST -> {
                action.get();
                yield unknown.apply(call + ": no answer by script");
            }
            case REQUEST_LATE -> {
                synchronized (this) {
                    late.add(action::get);
                }
                yield unknown.apply(call + ": no answer in time by script");
            }
        };
    }

    private Fault next(Call call) {
        Function<Call, Fault> current;
        synchronized (this) {
            current = script;
        }
        return current.apply(call);
    }
}
