package io.matriarch.adapters.raft.log;

import com.alipay.sofa.jraft.conf.ConfigurationManager;
import com.alipay.sofa.jraft.entity.EnumOutter.EntryType;
import com.alipay.sofa.jraft.entity.LogEntry;
import com.alipay.sofa.jraft.entity.LogId;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.entity.codec.v2.LogEntryV2CodecFactory;
import com.alipay.sofa.jraft.option.LogStorageOptions;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** Opens logs and makes entries. */
final class LogFixture {

    private LogFixture() {}

    static FileLogStorage open(Path directory, FileLogSettings settings) {
        return open(directory, settings, new ConfigurationManager());
    }

    static FileLogStorage open(Path directory, FileLogSettings settings, ConfigurationManager configurations) {
        var storage = new FileLogStorage(directory, settings);
        var options = new LogStorageOptions();
        options.setGroupId("test");
        options.setConfigurationManager(configurations);
        options.setLogEntryCodecFactory(LogEntryV2CodecFactory.getInstance());
        if (!storage.init(options)) {
            throw new AssertionError("not opened");
        }
        return storage;
    }

    static LogEntry data(long index, long term, byte[] bytes) {
        var entry = new LogEntry(EntryType.ENTRY_TYPE_DATA);
        entry.setId(new LogId(index, term));
        entry.setData(ByteBuffer.wrap(bytes));
        return entry;
    }

    static LogEntry data(long index, String text) {
        return data(index, 1, text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    static LogEntry configuration(long index, String... peers) {
        var entry = new LogEntry(EntryType.ENTRY_TYPE_CONFIGURATION);
        entry.setId(new LogId(index, 1));
        entry.setPeers(List.of(peers).stream().map(PeerId::parsePeer).toList());
        return entry;
    }

    static byte[] bytes(LogEntry entry) {
        var data = entry.getData().duplicate();
        var bytes = new byte[data.remaining()];
        data.get(bytes);
        return bytes;
    }

    static String text(LogEntry entry) {
        return new String(bytes(entry), java.nio.charset.StandardCharsets.UTF_8);
    }
}
