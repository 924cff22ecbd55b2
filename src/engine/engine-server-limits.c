/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-server.h"

#include "engine-error.h"
#include "engine-service-private.h"

/* A maildrop of many letters is fetched in one session, and so is it sent. */
#define COMMANDS 1000000
#define MOST     G_MAXINT32

static const struct
{
  const char *name;
  gsize offset;
  guint usual;
  guint least;
} table[] = {
#define LIMIT(name, field, usual, least)                                                           \
  {                                                                                                \
    name, G_STRUCT_OFFSET (EngineServerLimits, field), usual, least                                \
  }
  LIMIT ("sessions", sessions, ENGINE_SERVICE_MAX_SESSIONS, 1),
  LIMIT ("sessions-per-address", sessions_per_address, 100, 0),
  LIMIT ("sessions-from-here", sessions_from_here, 0, 0),
  LIMIT ("sessions-per-user", sessions_per_user, 200, 0),
  LIMIT ("session-seconds", session_seconds, 4 * 60 * 60, 0),
  LIMIT ("session-commands", session_commands, COMMANDS, 0),
  LIMIT ("errors", errors, 20, 1),
  LIMIT ("wrong-passwords", wrong_passwords, 10, 0),
  LIMIT ("wrong-passwords-per-address", wrong_passwords_per_address, 100, 0),
  LIMIT ("lock-seconds", lock_seconds, 5 * 60, 1),
  LIMIT ("delay-seconds", delay_seconds, 16, 0),
#undef LIMIT
};

static guint *
find (const EngineServerLimits *limits, guint index)
{
  return (guint *) G_STRUCT_MEMBER_P (limits, table[index].offset);
}

void
engine_server_limits_init (EngineServerLimits *limits)
{
  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    *find (limits, i) = table[i].usual;
}

gboolean
engine_server_limits_set (EngineServerLimits *limits,
                          const char *name,
                          const char *value,
                          GError **error)
{
  guint64 number;
  guint i = 0;

  while (i < G_N_ELEMENTS (table) && g_strcmp0 (table[i].name, name) != 0)
    i++;
  if (i == G_N_ELEMENTS (table))
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID, "There is no limit called “%s”",
                   name);
      return FALSE;
    }
  if (!g_ascii_string_to_unsigned (value, 10, table[i].least, MOST, &number, NULL))
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID,
                   "The limit “%s” is a number from %u to %d, not “%s”", name, table[i].least, MOST,
                   value);
      return FALSE;
    }
  *find (limits, i) = (guint) number;
  return TRUE;
}

const char *
engine_server_limits_get_name (guint index)
{
  return index < G_N_ELEMENTS (table) ? table[index].name : NULL;
}

guint
engine_server_limits_get (const EngineServerLimits *limits, guint index)
{
  return *find (limits, index);
}
