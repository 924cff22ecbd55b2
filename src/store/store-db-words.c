/* SPDX-License-Identifier: MIT */
#include "store-db-private.h"
#include "store-words.h"

/* FTS5 hands each text to this: "tokenize = 'words'". */

typedef struct
{
  void *context;
  int (*take) (void *context, int flags, const char *text, int length, int start, int end);
} Taker;

static int
take_word (const StoreWord *word, gpointer data)
{
  Taker *taker = data;

  return taker->take (taker->context, word->same_place ? FTS5_TOKEN_COLOCATED : 0, word->text,
                      (int) word->length, (int) word->start, (int) word->end);
}

static int
tokenize (Fts5Tokenizer *tokenizer,
          void *context,
          int flags,
          const char *text,
          int length,
          int (*take) (void *, int, const char *, int, int, int))
{
  Taker taker = { .context = context, .take = take };

  return store_words_each (text, (gsize) length, (flags & FTS5_TOKENIZE_QUERY) != 0, take_word,
                           &taker);
}

/* FTS5 wants a pointer that is not NULL; there is nothing to keep. */
static int
make_tokenizer (void *context, const char **arguments, int count, Fts5Tokenizer **tokenizer)
{
  static int nothing;

  *tokenizer = (Fts5Tokenizer *) &nothing;
  return SQLITE_OK;
}

static void
free_tokenizer (Fts5Tokenizer *tokenizer)
{
}

void
store_db_add_words (StoreDb *db)
{
  static fts5_tokenizer words = { make_tokenizer, free_tokenizer, tokenize };
  fts5_api *api = NULL;
  sqlite3_stmt *statement = NULL;

  /* In a file that is no database this fails; the next to use it says so. */
  if (sqlite3_prepare_v2 (db->handle, "SELECT fts5 (?1)", -1, &statement, NULL) == SQLITE_OK)
    {
      sqlite3_bind_pointer (statement, 1, &api, "fts5_api_ptr", NULL);
      sqlite3_step (statement);
    }
  sqlite3_finalize (statement);
  if (api != NULL)
    api->xCreateTokenizer (api, "words", NULL, &words, NULL);
}

static int
look_if_cancelled (void *cancellable)
{
  return g_cancellable_is_cancelled (cancellable);
}

void
store_db_set_cancellable (StoreDb *db, GCancellable *cancellable)
{
  sqlite3_progress_handler (db->handle, cancellable != NULL ? 1000 : 0, look_if_cancelled,
                            cancellable);
}
