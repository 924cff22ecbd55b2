/* SPDX-License-Identifier: MIT */
#include "shelf.h"

#include <store-db.h>
#include <store-search-index.h>

/* Each with what it is in a conversation with: letters of one sign belong together. */
static const struct
{
  const char *headers;
  char sign;
} letters[] = {
  { "Message-ID: <1@x>\r\nSubject: Tea\r\n", 'a' },
  { "Message-ID: <2@x>\r\nIn-Reply-To: <1@x>\r\nSubject: Re: Tea\r\n", 'a' },
  { "Message-ID: <4@x>\r\nReferences: <1@x> <3@x>\r\nSubject: Other words\r\n", 'a' },
  { "Message-ID: <5@x>\r\nSubject: Re: Milk\r\n", 'b' },
  { "Message-ID: <6@x>\r\nSubject: Milk\r\n", 'b' },
  { "Message-ID: <7@x>\r\nSubject: 回复：milk\r\n", 'b' },
  { "Message-ID: <8@x>\r\nSubject: Sugar\r\n", 'c' },
  { "Message-ID: <9@x>\r\nSubject: Sugar\r\n", 'd' },
  { "Message-ID: <11@x>\r\nReferences: <10@x>\r\n", 'e' },
  { "Message-ID: <12@x>\r\nReferences: <10@x>\r\n", 'e' },
};

static void
finish_index (StoreCabinet *cabinet)
{
  g_autoptr (GAsyncResult) result = NULL;

  store_cabinet_finish_index_async (cabinet, NULL, shelf_got, &result);
  g_assert_true (store_cabinet_finish_index_finish (cabinet, shelf_wait (&result), NULL));
}

static gint64
read_thread (StoreDb *db, gint64 id)
{
  g_autoptr (StoreStatement) statement
      = store_db_prepare (db, "SELECT thread FROM letters WHERE id = :id", NULL);

  store_statement_bind_int (statement, ":id", id);
  g_assert_true (store_statement_step (statement, NULL));
  return store_statement_get_int (statement, 0);
}

static void
check_order (const guint *order)
{
  g_autofree char *root = shelf_make_folder ();
  g_autofree char *path = g_build_filename (root, "cabinet.db", NULL);
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  gint64 threads[G_N_ELEMENTS (letters)];
  gint64 ids[G_N_ELEMENTS (letters)];

  for (guint i = 0; i < G_N_ELEMENTS (letters); i++)
    {
      g_autofree char *text
          = g_strdup_printf ("%sDate: Mon, 02 Nov 2026 10:%02u:00 +0000\r\n\r\n%u\r\n",
                             letters[order[i]].headers, order[i], order[i]);
      ids[order[i]] = shelf_add (cabinet, STORE_FOLDER_INBOX, text);
      /* Now and then in one batch, now and then in several. */
      if (i % 3 == 0)
        finish_index (cabinet);
    }
  finish_index (cabinet);
  g_autoptr (StoreDb) db = store_db_open_reader (path, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (letters); i++)
    threads[i] = read_thread (db, ids[i]);
  for (guint i = 0; i < G_N_ELEMENTS (letters); i++)
    for (guint n = 0; n < i; n++)
      g_assert_true ((threads[i] == threads[n]) == (letters[i].sign == letters[n].sign));
  g_clear_pointer (&db, store_db_free);
  shelf_remove (root);
}

static void
test_any_order (void)
{
  guint order[G_N_ELEMENTS (letters)];

  for (guint i = 0; i < G_N_ELEMENTS (letters); i++)
    order[i] = i;
  for (guint round = 0; round < 12; round++)
    {
      check_order (order);
      for (guint i = G_N_ELEMENTS (letters) - 1; i > 0; i--)
        {
          guint other = (guint) g_test_rand_int_range (0, (gint32) i + 1);
          guint kept = order[i];
          order[i] = order[other];
          order[other] = kept;
        }
    }
}

int
main (int argc, char **argv)
{
  shelf_init (&argc, &argv, NULL);
  g_test_add_func ("/store/threads/any-order", test_any_order);
  return g_test_run ();
}
