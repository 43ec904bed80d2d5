package io.matriarch.domain.slot;

/**
 * Whether the copy of a logical slot can be used after a promotion (ha-decisions §21). Decoding needs the catalog's rows
 * as of the slot's transaction; on a standby only the primary's vacuum can spare them, and it does so for the standby's
 * physical slot, once the standby's feedback is in there.
 */
public final class LogicalSafety {

    private LogicalSafety() {}

    /**
     * Transaction numbers are 32 bits wide and wrap around.
     *
     * @param remembered the oldest that the primary's own logical slot held when the copy began to be watched
     * @param physical the oldest that this standby's feedback holds at the primary
     * @param local the oldest that the copy needs
     */
    public static boolean isSafe(long remembered, long physical, long local) {
        return isNotAfter(remembered, physical) && isNotAfter(physical, local);
    }

    private static boolean isNotAfter(long one, long other) {
        return (int) (one - other) <= 0;
    }
}
