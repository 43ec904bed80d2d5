package io.matriarch.adapters.raft;

import com.alipay.sofa.jraft.JRaftServiceFactory;
import com.alipay.sofa.jraft.entity.codec.LogEntryCodecFactory;
import com.alipay.sofa.jraft.entity.codec.v2.LogEntryV2CodecFactory;
import com.alipay.sofa.jraft.option.NodeOptions;
import com.alipay.sofa.jraft.option.RaftOptions;
import com.alipay.sofa.jraft.storage.LogStorage;
import com.alipay.sofa.jraft.storage.RaftMetaStorage;
import com.alipay.sofa.jraft.storage.SnapshotStorage;
import com.alipay.sofa.jraft.storage.impl.LocalRaftMetaStorage;
import com.alipay.sofa.jraft.storage.snapshot.local.LocalSnapshotStorage;
import com.alipay.sofa.jraft.util.SPI;
import io.matriarch.adapters.raft.log.FileLogSettings;
import io.matriarch.adapters.raft.log.FileLogStorage;
import java.nio.file.Path;
import java.util.Optional;

/** jraft's own parts, except for the log, which is {@link FileLogStorage}. One instance a node. */
@SPI(name = "matriarch", priority = 100)
public final class RaftServiceFactory implements JRaftServiceFactory {

    private final FileLogSettings logSettings;
    private volatile Optional<FileLogStorage> log = Optional.empty();

    /** Called by the service loader of jraft. */
    public RaftServiceFactory() {
        this(FileLogSettings.defaults());
    }

    public RaftServiceFactory(FileLogSettings logSettings) {
        this.logSettings = logSettings;
    }

    @Override
    public LogStorage createLogStorage(String uri, RaftOptions options) {
        var storage = new FileLogStorage(Path.of(uri), logSettings);
        log = Optional.of(storage);
        return storage;
    }

    @Override
    public SnapshotStorage createSnapshotStorage(NodeOptions options) {
        return new LocalSnapshotStorage(
                options.getSnapshotUri(), options.getSnapshotTempUri(), options.getRaftOptions());
    }

    @Override
    public RaftMetaStorage createRaftMetaStorage(String uri, RaftOptions options) {
        return new LocalRaftMetaStorage(uri, options);
    }

    @Override
    public LogEntryCodecFactory createLogEntryCodecFactory() {
        return LogEntryV2CodecFactory.getInstance();
    }

    /** The log of the node this factory was given to, once jraft has made it. */
    public Optional<FileLogStorage> log() {
        return log;
    }
}
