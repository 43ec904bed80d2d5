package io.matriarch.adapters.raft.rpc;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The closed table of messages a connection understands. Immutable; {@link #with} makes a larger one. A class or a number
 * that is not in the table cannot be sent or received.
 */
public final class WireCodecs {

    private static final WireCodecs NONE = new WireCodecs(Map.of(), Map.of());

    private final Map<Integer, WireCodec<?>> byId;
    private final Map<Class<?>, WireCodec<?>> byClass;

    WireCodecs(Map<Integer, WireCodec<?>> byId, Map<Class<?>, WireCodec<?>> byClass) {
        this.byId = Map.copyOf(byId);
        this.byClass = Map.copyOf(byClass);
    }

    /** The messages jraft's nodes and its administration send each other. */
    public static WireCodecs raft() {
        return RaftMessages.TABLE;
    }

    /** An empty table, for a client that speaks to the store and not to Raft itself. */
    public static WireCodecs none() {
        return NONE;
    }

    /**
     * This table and one more message.
     *
     * @throws IllegalArgumentException if the number or the class is taken, or the number belongs to Raft's own messages
     */
    public WireCodecs with(WireCodec<?> codec) {
        if (codec.typeId() < WireCodec.FIRST_FREE_TYPE) {
            throw new IllegalArgumentException(
                    "message type " + codec.typeId() + " is reserved, numbers start at " + WireCodec.FIRST_FREE_TYPE);
        }
        var ids = new HashMap<>(byId);
        var classes = new HashMap<>(byClass);
        add(ids, classes, codec);
        return new WireCodecs(ids, classes);
    }

    /** The codec for messages of exactly this class. */
    Optional<WireCodec<?>> forClass(Class<?> type) {
        return Optional.ofNullable(byClass.get(type));
    }

    /** The codec for a number that came over the wire. */
    Optional<WireCodec<?>> forId(int typeId) {
        return Optional.ofNullable(byId.get(typeId));
    }

    /** Decodes a message; every way in which the bytes can be wrong ends in an IOException. */
    Object decode(int typeId, byte[] payload) throws IOException {
        var codec = forId(typeId).orElseThrow(() -> new WireException("unknown message type " + typeId));
        try {
            return codec.decoder().decode(payload);
        } catch (RuntimeException e) {
            throw new WireException("undecodable " + codec.type().getSimpleName(), e);
        }
    }

    static void add(Map<Integer, WireCodec<?>> ids, Map<Class<?>, WireCodec<?>> classes, WireCodec<?> codec) {
        if (ids.putIfAbsent(codec.typeId(), codec) != null) {
            throw new IllegalArgumentException("message type " + codec.typeId() + " is taken");
        }
        if (classes.putIfAbsent(codec.type(), codec) != null) {
            throw new IllegalArgumentException(codec.type().getName() + " has a message type already");
        }
    }
}
