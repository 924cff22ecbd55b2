/* SPDX-License-Identifier: MIT */
#include "store-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

struct _StoreWait
{
  GAsyncResult *result;
};

char *
store_fixture_make_folder (void)
{
  g_autoptr (GError) error = NULL;
  char *path = g_dir_make_tmp ("postroom-store-XXXXXX", &error);

  g_assert_no_error (error);
  return path;
}

void
store_fixture_remove_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);

  for (const char *name; dir != NULL && (name = g_dir_read_name (dir)) != NULL;)
    {
      g_autofree char *inside = g_build_filename (path, name, NULL);
      if (g_file_test (inside, G_FILE_TEST_IS_DIR))
        store_fixture_remove_folder (inside);
      else
        g_unlink (inside);
    }
  g_rmdir (path);
}

guint
store_fixture_count_files (const char *path, const char *suffix)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint count = 0;

  for (const char *name; dir != NULL && (name = g_dir_read_name (dir)) != NULL;)
    {
      g_autofree char *inside = g_build_filename (path, name, NULL);
      if (g_file_test (inside, G_FILE_TEST_IS_DIR))
        count += store_fixture_count_files (inside, suffix);
      else if (suffix == NULL || g_str_has_suffix (name, suffix))
        count++;
    }
  return count;
}

StoreWait *
store_wait_new (void)
{
  return g_new0 (StoreWait, 1);
}

void
store_wait_free (StoreWait *wait)
{
  g_clear_object (&wait->result);
  g_free (wait);
}

void
store_wait_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  StoreWait *wait = data;

  g_assert_null (wait->result);
  wait->result = g_object_ref (result);
}

GAsyncResult *
store_wait_get (StoreWait *wait)
{
  while (wait->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return wait->result;
}

char *
store_fixture_make_letter (const char *subject)
{
  return g_strdup_printf ("From: Ann <ann@example.org>\r\nTo: bert@example.org\r\n"
                          "Subject: %s\r\nMessage-ID: <%s@example.org>\r\n"
                          "Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\n.A body\r\n",
                          subject, subject);
}

StoreSpool *
store_fixture_make_spool (StoreFiles *files, const char *text)
{
  g_autoptr (GError) error = NULL;
  StoreSpool *spool = store_spool_new (files, &error);

  g_assert_no_error (error);
  store_spool_write (spool, (const guint8 *) text, strlen (text), &error);
  g_assert_no_error (error);
  return spool;
}

gint64
store_fixture_add (StoreCabinet *cabinet, const char *text, const StoreAdd *add, GError **error)
{
  g_autoptr (StoreWait) wait = store_wait_new ();
  StoreSpool *spool = store_fixture_make_spool (store_cabinet_get_files (cabinet), text);

  store_cabinet_add_async (cabinet, spool, add, NULL, store_wait_ready, wait);
  return store_cabinet_add_finish (cabinet, store_wait_get (wait), error);
}

GArray *
store_fixture_list (StoreCabinet *cabinet, StoreFolder folder)
{
  g_autoptr (StoreWait) wait = store_wait_new ();
  g_autoptr (GError) error = NULL;

  store_cabinet_list_async (cabinet, folder, NULL, store_wait_ready, wait);
  GArray *ids = store_cabinet_list_finish (cabinet, store_wait_get (wait), &error);
  g_assert_no_error (error);
  return ids;
}

char *
store_fixture_read (StoreCabinet *cabinet, gint64 id, GError **error)
{
  g_autoptr (StoreWait) wait = store_wait_new ();

  store_cabinet_read_async (cabinet, id, NULL, store_wait_ready, wait);
  g_autoptr (GBytes) bytes = store_cabinet_read_finish (cabinet, store_wait_get (wait), error);
  if (bytes == NULL)
    return NULL;
  gsize length = 0;
  const char *data = g_bytes_get_data (bytes, &length);
  return g_strndup (data != NULL ? data : "", length);
}

gint64
store_fixture_add_account (StoreCabinet *cabinet, const char *address)
{
  g_autoptr (StoreWait) wait = store_wait_new ();
  g_autoptr (GError) error = NULL;
  StoreAccount *account = store_account_new ();

  g_free (account->name);
  g_free (account->address);
  account->name = g_strdup ("Ann");
  account->address = g_strdup (address);
  for (guint i = 0; i < 2; i++)
    {
      StoreServer *server = i == 0 ? &account->smtp : &account->pop3;
      g_free (server->host);
      g_free (server->user);
      server->host = g_strdup ("mail.example.org");
      server->user = g_strdup ("ann");
      server->port = 995;
    }
  store_cabinet_save_account_async (cabinet, account, NULL, store_wait_ready, wait);
  gint64 id = store_cabinet_save_account_finish (cabinet, store_wait_get (wait), &error);
  g_assert_no_error (error);
  store_account_free (account);
  return id;
}

gboolean
store_fixture_deliver (StoreSite *site, const char *text, const char *const *users, GError **error)
{
  g_autoptr (StoreWait) wait = store_wait_new ();
  StoreSpool *spool = store_fixture_make_spool (store_site_get_files (site), text);

  store_site_deliver_async (site, spool, users, NULL, store_wait_ready, wait);
  return store_site_finish (site, store_wait_get (wait), error);
}

gboolean
store_fixture_add_user (StoreSite *site, const char *name, GError **error)
{
  g_autoptr (StoreWait) wait = store_wait_new ();

  store_site_add_user_async (site, name, "verifier", NULL, store_wait_ready, wait);
  return store_site_finish (site, store_wait_get (wait), error);
}

void
store_fixture_allow_warnings (void)
{
  g_log_set_always_fatal ((GLogLevelFlags) (G_LOG_FATAL_MASK & ~G_LOG_LEVEL_WARNING));
}
