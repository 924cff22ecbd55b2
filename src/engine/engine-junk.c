/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-junk-private.h"

#include "engine-error-private.h"

#define GROUP "junk"

G_DEFINE_FINAL_TYPE (EngineJunk, engine_junk, G_TYPE_OBJECT)

static guint settings_changed_signal;

/* ---- settings ---- */

static void
load_settings (EngineJunk *junk)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) error = NULL;

  junk->moves = TRUE;
  if (!g_key_file_load_from_file (file, junk->settings_path, G_KEY_FILE_NONE, &error))
    {
      if (!g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        g_warning ("%s: %s", junk->settings_path, error->message);
      return;
    }
  if (g_key_file_has_key (file, GROUP, "move", NULL))
    junk->moves = g_key_file_get_boolean (file, GROUP, "move", NULL);
  g_auto (GStrv) trusted = g_key_file_get_string_list (file, GROUP, "trusted", NULL, NULL);
  for (char **account = trusted; account != NULL && *account != NULL; account++)
    g_hash_table_add (junk->trusted, g_utf8_strdown (*account, -1));
}

static gboolean
save_settings (EngineJunk *junk, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) failed = NULL;
  guint length;
  g_autofree const char **trusted
      = (const char **) g_hash_table_get_keys_as_array (junk->trusted, &length);

  g_key_file_set_boolean (file, GROUP, "move", junk->moves);
  g_key_file_set_string_list (file, GROUP, "trusted", trusted, length);
  if (!g_key_file_save_to_file (file, junk->settings_path, &failed))
    {
      g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_STORE,
                   "The settings for junk cannot be kept: %s", failed->message);
      return FALSE;
    }
  g_signal_emit (junk, settings_changed_signal, 0);
  return TRUE;
}

gboolean
engine_junk_get_moves (EngineJunk *junk)
{
  return junk->moves;
}

gboolean
engine_junk_set_moves (EngineJunk *junk, gboolean moves, GError **error)
{
  if (junk->moves == (moves != FALSE))
    return TRUE;
  junk->moves = moves != FALSE;
  return save_settings (junk, error);
}

gboolean
engine_junk_get_trusts (EngineJunk *junk, const char *account)
{
  g_autofree char *lower = g_utf8_strdown (account, -1);

  return g_hash_table_contains (junk->trusted, lower);
}

gboolean
engine_junk_set_trusts (EngineJunk *junk, const char *account, gboolean trusts, GError **error)
{
  g_autofree char *lower = g_utf8_strdown (account, -1);

  if (trusts ? !g_hash_table_add (junk->trusted, g_steal_pointer (&lower))
             : !g_hash_table_remove (junk->trusted, lower))
    return TRUE;
  return save_settings (junk, error);
}

/* ---- rules ---- */

const char *
engine_junk_get_rules_path (EngineJunk *junk)
{
  return engine_judge_get_rules_path (junk->judge);
}

guint
engine_junk_check_rules (EngineJunk *junk, GError **error)
{
  g_autoptr (SpamRules) rules = engine_judge_read_rules (junk->judge, error);

  return rules != NULL ? spam_rules_get_count (rules) : 0;
}

const char *
engine_junk_get_default_rules (void)
{
  return spam_rules_get_default_text ();
}

/* ---- what was learned, senders ---- */

gboolean
engine_junk_count (EngineJunk *junk, guint *junk_letters, guint *good, GError **error)
{
  StoreTokenCount letters;

  if (!store_junk_look_up (junk->cabinet, NULL, 0, NULL, &letters, error))
    return FALSE;
  *junk_letters = letters.junk;
  *good = letters.good;
  return TRUE;
}

static void
sender_free (gpointer data)
{
  EngineJunkSender *sender = data;

  g_free (sender->address);
  g_free (sender);
}

GPtrArray *
engine_junk_dup_senders (EngineJunk *junk, GError **error)
{
  g_autoptr (GPtrArray) rules = store_junk_dup_senders (junk->cabinet, error);
  GPtrArray *senders;

  if (rules == NULL)
    return NULL;
  senders = g_ptr_array_new_with_free_func (sender_free);
  for (guint i = 0; i < rules->len; i++)
    {
      StoreSenderRule *rule = g_ptr_array_index (rules, i);
      EngineJunkSender *sender = g_new0 (EngineJunkSender, 1);
      sender->address = g_strdup (rule->address);
      sender->allowed = rule->sender == STORE_SENDER_ALLOWED;
      g_ptr_array_add (senders, sender);
    }
  return senders;
}

static void
on_changed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (store_cabinet_finish (STORE_CABINET (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    engine_error_return (task, error, NULL);
}

void
engine_junk_list_sender_async (EngineJunk *junk,
                               const char *address,
                               gboolean allowed,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  store_junk_set_sender_async (junk->cabinet, address,
                               allowed ? STORE_SENDER_ALLOWED : STORE_SENDER_BLOCKED, cancellable,
                               on_changed, g_task_new (junk, cancellable, callback, user_data));
}

void
engine_junk_unlist_sender_async (EngineJunk *junk,
                                 const char *address,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  store_junk_set_sender_async (junk->cabinet, address, STORE_SENDER_UNKNOWN, cancellable,
                               on_changed, g_task_new (junk, cancellable, callback, user_data));
}

void
engine_junk_forget_async (EngineJunk *junk,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  store_junk_forget_async (junk->cabinet, cancellable, on_changed,
                           g_task_new (junk, cancellable, callback, user_data));
}

gboolean
engine_junk_finish (EngineJunk *junk, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* ---- the object ---- */

static void
engine_junk_finalize (GObject *object)
{
  EngineJunk *junk = ENGINE_JUNK (object);

  engine_judge_unref (junk->judge);
  g_object_unref (junk->cabinet);
  g_free (junk->settings_path);
  g_hash_table_unref (junk->trusted);
  G_OBJECT_CLASS (engine_junk_parent_class)->finalize (object);
}

static void
engine_junk_class_init (EngineJunkClass *class)
{
  G_OBJECT_CLASS (class)->finalize = engine_junk_finalize;
  settings_changed_signal = g_signal_new ("settings-changed", ENGINE_TYPE_JUNK, G_SIGNAL_RUN_LAST,
                                          0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
engine_junk_init (EngineJunk *junk)
{
  junk->trusted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

EngineJunk *
engine_junk_new (StoreCabinet *cabinet, const char *settings_path, const char *rules_path)
{
  EngineJunk *junk = g_object_new (ENGINE_TYPE_JUNK, NULL);

  junk->cabinet = g_object_ref (cabinet);
  junk->judge = engine_judge_new (cabinet, rules_path);
  junk->settings_path = g_strdup (settings_path);
  load_settings (junk);
  return junk;
}

EngineJudge *
engine_junk_get_judge (EngineJunk *junk)
{
  return junk->judge;
}
