package io.matriarch.app.loop;

import io.matriarch.domain.settings.HaSettings;
import io.matriarch.ports.dcs.StoreSnapshot;

/** The configuration in force. */
public interface SettingsSource {

    /** Takes over what the store's configuration says now, if it is new and usable, and tells who has to know. */
    HaSettings adopt(StoreSnapshot snapshot);

    /** What was adopted last. */
    HaSettings current();

    /** The document to put where the store has none. */
    String document();
}
