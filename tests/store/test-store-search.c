/* SPDX-License-Identifier: MIT */
#include "shelf.h"

#include <store-search-index.h>
#include <store-search.h>
#include <store-tags.h>
#include <string.h>

static void
finish_index (StoreCabinet *cabinet)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  store_cabinet_finish_index_async (cabinet, NULL, shelf_got, &result);
  store_cabinet_finish_index_finish (cabinet, shelf_wait (&result), &error);
  g_assert_no_error (error);
}

static StoreFindings *
search_with (StoreCabinet *cabinet, const char *query, StoreSort sort, int folder, guint limit)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  StoreSearchOptions options = { .sort = sort, .folder = folder, .limit = limit, .snippets = TRUE };

  store_cabinet_search_async (cabinet, query, &options, NULL, shelf_got, &result);
  StoreFindings *findings = store_cabinet_search_finish (cabinet, shelf_wait (&result), &error);
  g_assert_no_error (error);
  return findings;
}

/* The subjects that are found, newest first, each after a slash. */
static void
check (StoreCabinet *cabinet, const char *query, const char *subjects)
{
  g_autoptr (StoreFindings) findings = search_with (cabinet, query, STORE_SORT_DATE, -1, 50);
  g_autoptr (GString) found = g_string_new (NULL);

  for (guint i = 0; i < findings->letters->len; i++)
    {
      const StoreFound *one = findings->letters->pdata[i];
      g_string_append_printf (found, "/%s", one->letter->subject);
    }
  if (!g_str_equal (found->str, subjects))
    g_error ("“%s” finds %s and not %s", query, found->str, subjects);
}

static gint64
add (StoreCabinet *cabinet, StoreFolder folder, const char *headers, const char *body)
{
  g_autofree char *text = g_strconcat (headers, "\r\n", body, NULL);

  return shelf_add (cabinet, folder, text);
}

static void
fill (StoreCabinet *cabinet)
{
  add (cabinet, STORE_FOLDER_INBOX,
       "From: Ann Lee <ann@example.org>\r\nTo: bob@example.net\r\nCc: Carla <c@example.com>\r\n"
       "Subject: Tea\r\nMessage-ID: <tea@x>\r\nDate: Mon, 02 Nov 2026 10:00:00 +0000\r\n",
       "The green tea from the caf\303\251 was well-known. STRASSE.\r\n");
  add (cabinet, STORE_FOLDER_SENT,
       "From: bob@example.net\r\nTo: ann@example.org\r\nSubject: Milk\r\n"
       "Date: Tue, 03 Nov 2026 10:00:00 +0000\r\nContent-Type: text/html; charset=utf-8\r\n",
       "<p>White <b>milk</b> and black&nbsp;coffee</p><style>hidden</style>\r\n");
  add (cabinet, STORE_FOLDER_INBOX,
       "From: wang@example.cn\r\nTo: bob@example.net\r\nSubject: Meeting\r\n"
       "Date: Wed, 04 Nov 2026 10:00:00 +0000\r\nContent-Type: text/plain; charset=utf-8\r\n",
       "我们明天下午在北京大学见面，请带上合同abc文件。カタカナ 한국어를\r\n");
  add (cabinet, STORE_FOLDER_INBOX,
       "From: dan@example.org\r\nTo: bob@example.net\r\nSubject: Files\r\n"
       "Date: Thu, 05 Nov 2026 10:00:00 +0000\r\nContent-Type: multipart/mixed; boundary=b\r\n",
       "--b\r\nContent-Type: text/plain\r\n\r\nSee what I send\r\n"
       "--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; "
       "filename=\"quarterly report.csv\"\r\n\r\nrevenue,12345\r\n--b--\r\n");
  add (cabinet, STORE_FOLDER_TRASH,
       "From: eve@example.org\r\nSubject: Old tea\r\nDate: Fri, 06 Nov 2026 10:00:00 +0000\r\n",
       "Nobody wants this tea\r\n");
  finish_index (cabinet);
}

static void
test_words (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);

  fill (cabinet);
  check (cabinet, "tea", "/Tea");
  check (cabinet, "TEA", "/Tea");
  check (cabinet, "CAFE", "/Tea");
  check (cabinet, "cafe\314\201", "/Tea");
  check (cabinet, "stra\303\237e", "/Tea");
  check (cabinet, "te", "");
  check (cabinet, "te*", "/Tea");
  check (cabinet, "\"green tea\"", "/Tea");
  check (cabinet, "\"tea green\"", "");
  check (cabinet, "well-known", "/Tea");
  check (cabinet, "milk OR green", "/Milk/Tea");
  check (cabinet, "example -milk -green", "/Files/Meeting");
  check (cabinet, "-milk -files", "/Meeting/Tea");
  check (cabinet, "hidden", "");
  check (cabinet, "\"black coffee\"", "/Milk");
  check (cabinet, "revenue", "/Files");
  shelf_remove (root);
}

static void
test_chinese (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);

  fill (cabinet);
  check (cabinet, "北京", "/Meeting");
  check (cabinet, "大学", "/Meeting");
  check (cabinet, "北京大学", "/Meeting");
  check (cabinet, "大北", "");
  check (cabinet, "京", "/Meeting");
  check (cabinet, "面", "/Meeting");
  check (cabinet, "合同abc文件", "/Meeting");
  check (cabinet, "同abc", "/Meeting");
  check (cabinet, "件abc", "");
  check (cabinet, "タカ", "/Meeting");
  check (cabinet, "한국어", "/Meeting");
  check (cabinet, "见面 -合同", "");
  shelf_remove (root);
}

static void
test_operators (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);

  fill (cabinet);
  check (cabinet, "from:ann", "/Tea");
  check (cabinet, "from:ann@example.org", "/Tea");
  check (cabinet, "to:ann", "/Milk");
  check (cabinet, "cc:carla", "/Tea");
  check (cabinet, "to:carla", "/Tea");
  check (cabinet, "subject:green", "");
  check (cabinet, "body:(green tea)", "/Tea");
  check (cabinet, "body:revenue", "/Files");
  check (cabinet, "filename:report", "/Files");
  check (cabinet, "has:attachment", "/Files");
  check (cabinet, "in:trash", "/Old tea");
  check (cabinet, "tea in:any", "/Old tea/Tea");
  check (cabinet, "in:sent OR from:ann", "/Milk/Tea");
  check (cabinet, "is:read", "");
  check (cabinet, "is:unread subject:tea", "/Tea");
  check (cabinet, "during:2026-11-03", "/Milk");
  check (cabinet, "after:2026-11-04 example", "/Files/Meeting");
  check (cabinet, "example before:2026-11-03", "/Tea");
  check (cabinet, "larger:1M", "");
  check (cabinet, "smaller:1M tea", "/Tea");
  check (cabinet, "id:tea@x", "/Tea");
  check (cabinet, "id:1", "/Tea");
  check (cabinet, "-id:tea@x in:inbox", "/Files/Meeting");
  check (cabinet, "(tea OR in:sent) -from:ann", "/Old tea/Milk");
  check (cabinet, "-(tea OR in:sent)", "/Files/Meeting");
  check (cabinet, "nonsense\" OR 1) --", "");
  check (cabinet, "subject:\"a\"\" NEAR(b) ^c", "");
  shelf_remove (root);
}

static void
test_keeps_up (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);

  fill (cabinet);
  g_assert_true (shelf_move (cabinet, 1, STORE_FOLDER_TRASH, NULL));
  check (cabinet, "green", "");
  check (cabinet, "green in:trash", "/Tea");
  shelf_delete (cabinet, 1);
  check (cabinet, "green in:any", "");
  add (cabinet, STORE_FOLDER_INBOX, "Subject: New\r\nDate: Mon, 02 Nov 2026 10:00:00 +0000\r\n",
       "green again\r\n");
  finish_index (cabinet);
  check (cabinet, "green in:any", "/New");
  shelf_remove (root);
}

static void
test_order (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);

  /* As many of one second as there are docs in one, and more. */
  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *headers
          = g_strdup_printf ("Subject: %s\r\nDate: Mon, 02 Nov 2026 10:%02u:00 +0000\r\n",
                             i == 7 ? "cat cat" : "dog", i % 2);
      add (cabinet, STORE_FOLDER_INBOX, headers, i == 9 ? "a cat among dogs\r\n" : "cats\r\n");
    }
  finish_index (cabinet);
  g_autoptr (StoreFindings) all = search_with (cabinet, "cats OR cat", STORE_SORT_DATE, -1, 50);
  g_assert_cmpuint (all->letters->len, ==, 40);
  g_assert_false (all->more);
  for (guint i = 1; i < 40; i++)
    {
      const StoreFound *newer = all->letters->pdata[i - 1];
      const StoreFound *older = all->letters->pdata[i];
      g_assert_cmpint (newer->letter->date, >=, older->letter->date);
    }
  g_autoptr (StoreFindings) some = search_with (cabinet, "cats", STORE_SORT_DATE, -1, 10);
  g_assert_cmpuint (some->letters->len, ==, 10);
  g_assert_true (some->more);
  g_autoptr (StoreFindings) best = search_with (cabinet, "cat", STORE_SORT_RELEVANCE, -1, 10);
  g_assert_cmpuint (best->letters->len, ==, 2);
  const StoreFound *first = best->letters->pdata[0];
  g_assert_cmpstr (first->letter->subject, ==, "cat cat");
  shelf_remove (root);
}

static void
check_snippet (StoreCabinet *cabinet, const char *query, const char *marked)
{
  g_autoptr (StoreFindings) findings = search_with (cabinet, query, STORE_SORT_DATE, -1, 1);
  g_autoptr (GString) text = g_string_new (NULL);

  g_assert_cmpuint (findings->letters->len, ==, 1);
  const StoreFound *found = findings->letters->pdata[0];
  g_string_append (text, found->snippet);
  for (guint i = found->marks->len; i-- > 0;)
    {
      const StoreMark *mark = &g_array_index (found->marks, StoreMark, i);
      g_string_insert_c (text, (gssize) mark->end, ']');
      g_string_insert_c (text, (gssize) mark->start, '[');
    }
  g_assert_true (g_utf8_validate (text->str, -1, NULL));
  g_assert_cmpstr (text->str, ==, marked);
}

static void
test_snippets (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);

  fill (cabinet);
  check_snippet (cabinet, "tea strasse",
                 "The green [tea] from the caf\303\251 was well-known. [STRASSE]. ");
  check_snippet (cabinet, "北京大",
                 "我们明天下午在[北京大]学见面，请带上合同abc文件。カタカナ 한국어를 ");
  check_snippet (cabinet, "from:dan", "See what I send");
  shelf_remove (root);
}

static void
test_renew (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  g_autoptr (GAsyncResult) result = NULL;

  fill (cabinet);
  shelf_delete (cabinet, 1);
  store_cabinet_renew_index_async (cabinet, NULL, shelf_got, &result);
  g_assert_true (store_cabinet_finish_index_finish (cabinet, shelf_wait (&result), NULL));
  check (cabinet, "example", "/Files/Meeting/Milk");
  shelf_remove (root);
}

static void
test_cancel (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  StoreSearchOptions options = { .folder = -1, .limit = 50 };

  fill (cabinet);
  store_cabinet_search_async (cabinet, "tea", &options, cancellable, shelf_got, &result);
  g_cancellable_cancel (cancellable);
  g_assert_null (store_cabinet_search_finish (cabinet, shelf_wait (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  check (cabinet, "tea", "/Tea");
  shelf_remove (root);
}

static gboolean
set_tag (StoreCabinet *cabinet, gint64 id, const char *tag, gboolean value, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  store_cabinet_set_tag_async (cabinet, &id, 1, tag, value, NULL, shelf_got, &result);
  return store_cabinet_finish (cabinet, shelf_wait (&result), error);
}

static void
test_tags (void)
{
  g_autofree char *root = shelf_make_folder ();
  g_autoptr (StoreCabinet) cabinet = shelf_open (root);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  fill (cabinet);
  g_assert_true (set_tag (cabinet, 1, "To do", TRUE, NULL));
  g_assert_true (set_tag (cabinet, 1, "to do", TRUE, NULL));
  g_assert_true (set_tag (cabinet, 2, "work", TRUE, NULL));
  check (cabinet, "tag:\"to do\"", "/Tea");
  check (cabinet, "tag:work OR tag:\"to do\"", "/Milk/Tea");
  check (cabinet, "example -tag:work -tag:\"to do\"", "/Files/Meeting");
  g_assert_true (set_tag (cabinet, 1, "TO DO", FALSE, NULL));
  check (cabinet, "tag:\"to do\"", "");
  g_assert_false (set_tag (cabinet, 99, "work", TRUE, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (set_tag (cabinet, 1, "a\"b", TRUE, &error));
  g_assert_error (error, STORE_ERROR, STORE_ERROR_INVALID);
  store_cabinet_list_tags_async (cabinet, 0, NULL, shelf_got, &result);
  g_auto (GStrv) tags = store_cabinet_list_tags_finish (cabinet, shelf_wait (&result), NULL);
  g_assert_cmpuint (g_strv_length (tags), ==, 1);
  g_assert_cmpstr (tags[0], ==, "work");
  shelf_remove (root);
}

int
main (int argc, char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  shelf_init (&argc, &argv, NULL);
  g_test_add_func ("/store/search/words", test_words);
  g_test_add_func ("/store/search/chinese", test_chinese);
  g_test_add_func ("/store/search/operators", test_operators);
  g_test_add_func ("/store/search/keeps-up", test_keeps_up);
  g_test_add_func ("/store/search/order", test_order);
  g_test_add_func ("/store/search/snippets", test_snippets);
  g_test_add_func ("/store/search/renew", test_renew);
  g_test_add_func ("/store/search/cancel", test_cancel);
  g_test_add_func ("/store/search/tags", test_tags);
  return g_test_run ();
}
