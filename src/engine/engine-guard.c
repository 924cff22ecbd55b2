/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-guard-private.h"

#include <base-clock.h>

#include <string.h>

#define MAX_ENTRIES 4096

typedef struct
{
  char *key; /* the user's name, a newline, the address; "" for all users */
  guint failures;
  gint64 last;   /* monotonic microseconds */
  gint64 locked; /* until then; 0: not */
  GList link;
} Entry;

struct _EngineGuard
{
  EngineServerLimits limits;
  GMutex mutex;
  GHashTable *entries; /* all these under the mutex */
  GQueue by_age;       /* the oldest first */
};

static void
entry_free (Entry *entry)
{
  g_free (entry->key);
  g_free (entry);
}

static void
forget (EngineGuard *guard, Entry *entry)
{
  g_queue_unlink (&guard->by_age, &entry->link);
  g_hash_table_remove (guard->entries, entry->key);
}

static char *
make_key (const char *user, const char *address)
{
  return g_strconcat (user, "\n", address, NULL);
}

/* NULL for what has no failures, or had them too long ago. */
static Entry *
find (EngineGuard *guard, const char *user, const char *address, gint64 now)
{
  g_autofree char *key = make_key (user, address);
  Entry *entry = g_hash_table_lookup (guard->entries, key);
  gint64 memory = guard->limits.lock_seconds * G_USEC_PER_SEC;

  if (entry == NULL || now < entry->last + memory || now < entry->locked)
    return entry;
  forget (guard, entry);
  return NULL;
}

/* Counts one more; returns how many they are. @most: 0 for any number. */
static guint
count (EngineGuard *guard, const char *user, const char *address, guint most, gint64 now)
{
  Entry *entry = find (guard, user, address, now);

  if (entry == NULL)
    {
      if (guard->by_age.length >= MAX_ENTRIES)
        forget (guard, g_queue_peek_head (&guard->by_age));
      entry = g_new0 (Entry, 1);
      entry->key = make_key (user, address);
      entry->link.data = entry;
      g_hash_table_insert (guard->entries, entry->key, entry);
    }
  else
    g_queue_unlink (&guard->by_age, &entry->link);
  g_queue_push_tail_link (&guard->by_age, &entry->link);
  entry->failures++;
  entry->last = now;
  if (most > 0 && entry->failures >= most)
    entry->locked = now + guard->limits.lock_seconds * G_USEC_PER_SEC;
  return entry->failures;
}

static gboolean
is_locked (EngineGuard *guard, const char *user, const char *address, gint64 now)
{
  Entry *entry = find (guard, user, address, now);

  return entry != NULL && now < entry->locked;
}

EngineGuard *
engine_guard_new (const EngineServerLimits *limits)
{
  EngineGuard *guard = g_new0 (EngineGuard, 1);

  guard->limits = *limits;
  g_mutex_init (&guard->mutex);
  guard->entries
      = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) entry_free);
  g_queue_init (&guard->by_age);
  return guard;
}

void
engine_guard_free (EngineGuard *guard)
{
  g_hash_table_unref (guard->entries);
  g_mutex_clear (&guard->mutex);
  g_free (guard);
}

gboolean
engine_guard_allows (EngineGuard *guard, const char *user, const char *address)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&guard->mutex);
  gint64 now = base_clock_monotonic ();

  return !is_locked (guard, user, address, now) && !is_locked (guard, "", address, now);
}

guint
engine_guard_note_failure (EngineGuard *guard, const char *user, const char *address)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&guard->mutex);
  gint64 now = base_clock_monotonic ();
  guint failures = count (guard, user, address, guard->limits.wrong_passwords, now);

  count (guard, "", address, guard->limits.wrong_passwords_per_address, now);
  return MIN (1u << MIN (failures - 1, 16u), guard->limits.delay_seconds);
}

void
engine_guard_note_success (EngineGuard *guard, const char *user, const char *address)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&guard->mutex);
  Entry *entry = find (guard, user, address, base_clock_monotonic ());

  if (entry != NULL)
    forget (guard, entry);
}

char *
engine_guard_name_address (GSocketAddress *address)
{
  if (!G_IS_INET_SOCKET_ADDRESS (address))
    return g_strdup ("");

  GInetAddress *host = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));
  if (g_inet_address_get_family (host) != G_SOCKET_FAMILY_IPV6
      || g_inet_address_get_is_loopback (host))
    return g_inet_address_to_string (host);
  guint8 network[16] = { 0 };
  memcpy (network, g_inet_address_to_bytes (host), 8);
  g_autoptr (GInetAddress) first = g_inet_address_new_from_bytes (network, G_SOCKET_FAMILY_IPV6);
  return g_inet_address_to_string (first);
}
