/* SPDX-License-Identifier: MIT */
#include "desk.h"

#include <glib/gstdio.h>

void
desk_init (int *argc, char ***argv)
{
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "", TRUE);
  g_test_init (argc, argv, NULL);
  message_init ();
}

void
desk_got (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **place = user_data;

  *place = g_object_ref (result);
}

GAsyncResult *
desk_wait (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

void
desk_wait_until (gboolean (*done) (gpointer data), gpointer data)
{
  guint tick = g_timeout_add (20, on_tick, NULL);

  while (!done (data))
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (tick);
}

Desk *
desk_open (const char *directory)
{
  Desk *desk = g_new0 (Desk, 1);
  g_autoptr (GError) error = NULL;

  desk->directory = directory != NULL ? g_strdup (directory)
                                      : g_dir_make_tmp ("postroom-engine-XXXXXX", &error);
  g_assert_no_error (error);
  desk->cabinet = store_cabinet_open (desk->directory, &error);
  g_assert_no_error (error);
  desk->journal = engine_journal_new ();
  desk->accounts = engine_accounts_new (desk->cabinet, engine_secrets_new (desk->directory),
                                        desk->journal, NULL, desk->directory, &error);
  g_assert_no_error (error);
  desk->letters = engine_letters_new (desk->cabinet);
  desk->fetcher = engine_fetcher_new (desk->cabinet, desk->accounts, NULL);
  desk->outbox = engine_outbox_new (desk->cabinet, desk->accounts, &error);
  g_assert_no_error (error);
  return desk;
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);
      remove_tree (child);
    }
  g_remove (path);
}

void
desk_close (Desk *desk, gboolean keep)
{
  g_autoptr (GAsyncResult) sent = NULL;
  g_autoptr (GAsyncResult) fetched = NULL;

  engine_outbox_shut_down_async (desk->outbox, desk_got, &sent);
  engine_outbox_shut_down_finish (desk->outbox, desk_wait (&sent));
  engine_fetcher_shut_down_async (desk->fetcher, desk_got, &fetched);
  engine_fetcher_shut_down_finish (desk->fetcher, desk_wait (&fetched));
  g_clear_object (&sent);
  g_clear_object (&fetched);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  store_cabinet_close (desk->cabinet);
  g_object_unref (desk->outbox);
  g_object_unref (desk->fetcher);
  g_object_unref (desk->letters);
  g_object_unref (desk->accounts);
  g_object_unref (desk->journal);
  g_object_unref (desk->cabinet);
  if (!keep)
    remove_tree (desk->directory);
  g_free (desk->directory);
  g_free (desk);
}

static void
set_server (StoreServer *server, guint16 port)
{
  g_free (server->host);
  g_free (server->user);
  server->host = g_strdup ("127.0.0.1");
  server->port = port;
  server->security = STORE_SECURITY_NONE;
  server->user = g_strdup ("ann");
}

EngineAccount *
desk_add_account (Desk *desk, guint16 smtp, guint16 pop3, gboolean keep_on_server)
{
  g_autoptr (StoreAccount) values = store_account_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_free (values->name);
  g_free (values->address);
  values->name = g_strdup ("Ann");
  values->address = g_strdup ("ann@fake.test");
  values->keep = keep_on_server ? STORE_KEEP_FOREVER : STORE_KEEP_NOT;
  set_server (&values->smtp, smtp);
  set_server (&values->pop3, pop3);
  engine_accounts_save_async (desk->accounts, values, "secret", NULL, desk_got, &result);
  EngineAccount *account
      = engine_accounts_save_finish (desk->accounts, desk_wait (&result), &error);
  g_assert_no_error (error);
  return account;
}

gint64
desk_put (Desk *desk,
          EngineAccount *account,
          const char *recipients,
          const char *subject,
          gboolean now)
{
  g_autoptr (MessageBuilder) builder = message_builder_new ();
  g_autoptr (MessageMailbox) from = message_mailbox_new ("Ann", "ann@fake.test");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  message_builder_set_from (builder, from);
  message_builder_take_to (builder, message_mailboxes_parse (recipients, NULL));
  message_builder_set_subject (builder, subject);
  message_builder_set_text (builder, "Hello.\n.A dot.\n");
  engine_outbox_add_async (desk->outbox, account, builder, 0, now, NULL, desk_got, &result);
  gint64 letter = engine_outbox_add_finish (desk->outbox, desk_wait (&result), &error);
  g_assert_no_error (error);
  return letter;
}

gboolean
desk_deliver (Desk *desk, gint64 letter, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  engine_outbox_deliver_async (desk->outbox, letter, NULL, desk_got, &result);
  return engine_outbox_deliver_finish (desk->outbox, desk_wait (&result), error);
}

gboolean
desk_fetch (Desk *desk, EngineAccount *account, EngineFetchResult *counts, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  engine_fetcher_fetch_async (desk->fetcher, account, NULL, desk_got, &result);
  return engine_fetcher_fetch_finish (desk->fetcher, desk_wait (&result), counts, error);
}

guint
desk_count (Desk *desk, StoreFolder folder)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  StoreCounts counts;

  engine_letters_count_async (desk->letters, NULL, desk_got, &result);
  engine_letters_count_finish (desk->letters, desk_wait (&result), &counts, &error);
  g_assert_no_error (error);
  return counts.total[folder];
}

StoreOutboxEntry *
desk_entry (Desk *desk, gint64 letter)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  store_cabinet_outbox_async (desk->cabinet, NULL, desk_got, &result);
  g_autoptr (GPtrArray) entries
      = store_cabinet_outbox_finish (desk->cabinet, desk_wait (&result), &error);
  g_assert_no_error (error);
  for (guint i = 0; i < entries->len; i++)
    {
      const StoreOutboxEntry *entry = g_ptr_array_index (entries, i);
      if (entry->letter == letter)
        return store_outbox_entry_copy (entry);
    }
  return NULL;
}
