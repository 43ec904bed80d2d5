package io.matriarch.adapters.postgres;

import io.matriarch.domain.postgres.Lsn;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The file in which a server keeps a slot: magic number, checksum, version and length, then name, database, persistency,
 * the two transactions and the position from which WAL is kept. So it begins in all versions supported.
 *
 * @param content the whole file
 * @param restartLsn WAL is needed from here on
 */
record SlotState(byte[] content, Lsn restartLsn) {

    private static final int MAGIC = 0x1051CA1;
    private static final int RESTART_LSN_AT = 96;

    /** Empty when it is nothing of the kind, or of a machine of the other byte order. */
    static Optional<SlotState> of(byte[] content) {
        if (content.length < RESTART_LSN_AT + Long.BYTES) {
            return Optional.empty();
        }
        var bytes = ByteBuffer.wrap(content).order(ByteOrder.nativeOrder());
        return bytes.getInt(0) == MAGIC
                ? Optional.of(new SlotState(content, new Lsn(bytes.getLong(RESTART_LSN_AT))))
                : Optional.empty();
    }
}
