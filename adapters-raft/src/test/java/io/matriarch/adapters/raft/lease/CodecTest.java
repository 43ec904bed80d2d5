package io.matriarch.adapters.raft.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class CodecTest {

    @Test
    @DisplayName("every command comes back as it went")
    void roundTrip() throws Exception {
        var commands = new RandomCommands(1);
        var table = new LeaseTable();
        for (int step = 1; step < 2000; step++) {
            var command = commands.next(table);
            assertThat(CommandCodec.decode(ByteBuffer.wrap(CommandCodec.encode(command))))
                    .isEqualTo(command);
            table.apply(step, command);
        }
        var name = new RaftCommand.NameCluster("c");
        assertThat(CommandCodec.decode(ByteBuffer.wrap(CommandCodec.encode(name))))
                .isEqualTo(name);
    }

    @Test
    @DisplayName("damaged, cut and foreign commands are refused and nothing else happens")
    void hostileCommands() {
        var random = new Random(7);
        var commands = new RandomCommands(2);
        var table = new LeaseTable();
        for (int step = 1; step < 3000; step++) {
            var command = commands.next(table);
            table.apply(step, command);
            var bytes = CommandCodec.encode(command);
            for (int i = random.nextInt(4); i >= 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            var damaged = ByteBuffer.wrap(bytes, 0, random.nextBoolean() ? bytes.length : random.nextInt(bytes.length));
            try {
                CommandCodec.decode(damaged);
            } catch (MalformedException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        }
    }

    @Test
    @DisplayName("a command of a newer format is refused by name")
    void newerFormat() {
        var bytes = CommandCodec.encode(new RaftCommand.Noop());
        bytes[0] = CommandCodec.VERSION + 1;
        assertThatThrownBy(() -> CommandCodec.decode(ByteBuffer.wrap(bytes)))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("format 2");
    }

    @Test
    @DisplayName("a snapshot with any byte changed or missing is refused")
    void damagedSnapshot() throws Exception {
        var commands = new RandomCommands(3);
        var table = new LeaseTable();
        for (int step = 1; step < 100; step++) {
            table.apply(step, commands.next(table));
        }
        var whole = TableCodec.encode(table);
        assertThat(TableCodec.encode(TableCodec.decode(whole))).isEqualTo(whole);
        for (int i = 0; i < whole.length; i++) {
            var damaged = whole.clone();
            damaged[i] ^= 0x10;
            assertThatThrownBy(() -> TableCodec.decode(damaged)).isInstanceOf(MalformedException.class);
            var cut = Arrays.copyOf(whole, i);
            assertThatThrownBy(() -> TableCodec.decode(cut)).isInstanceOf(MalformedException.class);
        }
    }
}
