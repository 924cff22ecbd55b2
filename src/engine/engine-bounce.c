/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-bounce-private.h"

#include "engine-resolve-private.h"

#include <base-clock.h>
#include <base-text.h>
#include <message-report.h>

#include <string.h>

/* Of a letter that is longer the head alone is returned: a report is made in memory. */
#define MAX_RETURNED (256 * 1024)

struct _EngineBounce
{
  EngineService *service;
  const EngineEnvelope *envelope; /* only while it is made */
  char *id;
  guint64 size;
  GHashTable *seen; /* of char *: those in @users; @users owns them */
  GPtrArray *users; /* of char *; ends with NULL when it is whole */
  GArray *rows;     /* of MessageReportRecipient */
  gboolean failed;  /* one of @rows tells so */
  StoreSpool *report;
  char **readers; /* whose maildrops @report goes to */
};

/* Why somebody cannot have a letter, for good: it is not tried again. */
typedef struct
{
  const char *status;
  const char *diagnostic;
} Obstacle;

static const Obstacle gone = { "5.1.1", "550 5.1.1 The mailbox is gone" };
static const Obstacle disabled = { "5.2.1", "550 5.2.1 The mailbox is disabled" };
static const Obstacle full = { "5.2.2", "552 5.2.2 The mailbox is full" };
static const Obstacle too_large
    = { "5.2.3", "552 5.2.3 The letter is larger than the mailbox may ever hold" };

static void
row_clear (gpointer data)
{
  MessageReportRecipient *row = data;

  g_free ((char *) row->address);
}

static void
add_user (EngineBounce *bounce, const char *user)
{
  if (g_hash_table_contains (bounce->seen, user))
    return;
  char *own = g_strdup (user);
  g_ptr_array_add (bounce->users, own);
  g_hash_table_add (bounce->seen, own);
}

/* ---- who gets the letter ---- */

/* Why @user cannot have a letter of @size octets now; NULL when he can, or when only the store can
 * say. */
static const Obstacle *
find_obstacle (EngineService *service, const char *user, guint64 size)
{
  g_autoptr (StoreUser) found = store_site_dup_user (engine_service_get_site (service), user);
  g_autoptr (GError) error = NULL;

  if (found == NULL)
    return &gone;
  if (store_site_check_room (found, size, &error))
    return NULL;
  switch ((StoreError) error->code)
    {
    case STORE_ERROR_DISABLED:
      return &disabled;
    case STORE_ERROR_TOO_LARGE:
      return &too_large;
    default:
      return &full;
    }
}

static char *
complete (EngineBounce *bounce, const char *address)
{
  return strchr (address, '@') != NULL
             ? g_strdup (address)
             : g_strconcat (address, "@", engine_service_get_config (bounce->service)->domain,
                            NULL);
}

static void
add_row (EngineBounce *bounce,
         const EngineRecipient *recipient,
         const char *address,
         MessageReportAction action,
         const Obstacle *obstacle)
{
  MessageReportRecipient row = { .address = complete (bounce, address),
                                 .original = recipient->original,
                                 .action = action,
                                 .status = obstacle != NULL ? obstacle->status : "2.0.0",
                                 .diagnostic = obstacle != NULL ? obstacle->diagnostic : NULL };

  bounce->failed |= action == MESSAGE_REPORT_FAILED;
  g_array_append_val (bounce->rows, row);
}

/* Who stands behind an address is told only where EXPN tells it too (RFC 3461 section 5.2.7.1). */
static void
add_failure (EngineBounce *bounce,
             const EngineRecipient *recipient,
             const char *user,
             const Obstacle *obstacle,
             gboolean first)
{
  g_autofree char *shown = base_text_escape (recipient->address, -1);

  g_message ("Letter %s for %s was not delivered to %s: %s", bounce->id, shown, user,
             obstacle->diagnostic);
  if (recipient->notify != PROTO_DSN_NOTIFY_UNSAID
      && (recipient->notify & PROTO_DSN_NOTIFY_FAILURE) == 0)
    return;
  if (engine_service_get_config (bounce->service)->offer_expn)
    add_row (bounce, recipient, user, MESSAGE_REPORT_FAILED, obstacle);
  else if (first)
    add_row (bounce, recipient, recipient->address, MESSAGE_REPORT_FAILED, obstacle);
}

/* Those who stand behind one address. When nobody of them can have it the store is asked all the
 * same: it refuses the letter, and that is the report. */
static void
settle_several (EngineBounce *bounce, const EngineRecipient *recipient)
{
  guint count = g_strv_length (recipient->users), failures = 0;
  g_autofree const Obstacle **obstacles = g_new0 (const Obstacle *, count);

  for (guint i = 0; i < count; i++)
    {
      /* Whoever is named alone has to get it. */
      if (!g_hash_table_contains (bounce->seen, recipient->users[i]))
        obstacles[i] = find_obstacle (bounce->service, recipient->users[i], bounce->size);
      failures += obstacles[i] != NULL;
    }
  gboolean nobody = failures == count;
  for (guint i = 0, told = 0; i < count; i++)
    if (obstacles[i] == NULL || nobody)
      add_user (bounce, recipient->users[i]);
    else
      add_failure (bounce, recipient, recipient->users[i], obstacles[i], told++ == 0);
  if (failures == 0 && (recipient->notify & PROTO_DSN_NOTIFY_SUCCESS) != 0)
    add_row (bounce, recipient, recipient->address, MESSAGE_REPORT_EXPANDED, NULL);
}

static void
settle (EngineBounce *bounce)
{
  const GPtrArray *recipients = bounce->envelope->recipients;

  for (guint i = 0; i < recipients->len; i++)
    {
      const EngineRecipient *recipient = g_ptr_array_index (recipients, i);
      if (g_strv_length (recipient->users) != 1)
        continue;
      add_user (bounce, recipient->users[0]);
      if ((recipient->notify & PROTO_DSN_NOTIFY_SUCCESS) != 0)
        add_row (bounce, recipient, recipient->address, MESSAGE_REPORT_DELIVERED, NULL);
    }
  for (guint i = 0; i < recipients->len; i++)
    {
      const EngineRecipient *recipient = g_ptr_array_index (recipients, i);
      if (g_strv_length (recipient->users) > 1)
        settle_several (bounce, recipient);
    }
  g_ptr_array_add (bounce->users, NULL);
}

/* ---- the report ---- */

/* The sender's users who have room for a report; NULL and a line in the log when there are none. */
static char **
find_readers (EngineBounce *bounce, guint64 size)
{
  const char *sender = bounce->envelope->reverse_path;
  g_autoptr (ProtoPath) path = proto_path_from_address (sender, NULL);
  g_autoptr (ProtoReply) refusal = NULL;
  g_auto (GStrv) users = NULL;
  g_autoptr (GStrvBuilder) readers = g_strv_builder_new ();
  gboolean any = FALSE;

  if (path != NULL)
    {
      proto_path_make_domain_ascii (path, NULL);
      users = engine_resolve (bounce->service, path, size, &refusal);
    }
  for (guint i = 0; users != NULL && users[i] != NULL; i++)
    if (find_obstacle (bounce->service, users[i], size) == NULL)
      {
        g_strv_builder_add (readers, users[i]);
        any = TRUE;
      }
  if (any)
    return g_strv_builder_end (readers);

  g_autofree char *shown = base_text_escape (sender, -1);
  g_message ("No report on letter %s can be given to %s: %s", bounce->id, shown,
             refusal != NULL ? refusal->text : "there is no such mailbox");
  return NULL;
}

/* RFC 3461 section 4.3: the whole letter is for failures, and where it was asked for; where nothing
 * was said, too. */
static GBytes *
build_report (EngineBounce *bounce, StoreSpool *letter, GError **error)
{
  const EngineEnvelope *envelope = bounce->envelope;
  g_autoptr (GBytes) octets = store_spool_read (letter, MAX_RETURNED, error);

  if (octets == NULL)
    return NULL;
  const MessageReport report = {
    .host = engine_service_get_config (bounce->service)->domain,
    .to = envelope->reverse_path,
    .envelope_id = envelope->envelope_id,
    .arrival = base_clock_real () / G_USEC_PER_SEC,
    .recipients = (const MessageReportRecipient *) (void *) bounce->rows->data,
    .n_recipients = bounce->rows->len,
    .letter = octets,
    .headers_only = !bounce->failed || envelope->dsn_return == PROTO_DSN_RETURN_HEADERS
                    || bounce->size > MAX_RETURNED,
  };
  return message_report_build (&report);
}

static gboolean
write_report (EngineBounce *bounce, StoreSpool *letter, GError **error)
{
  if (bounce->rows->len == 0 || bounce->envelope->reverse_path[0] == '\0')
    return TRUE;
  g_autoptr (GBytes) octets = build_report (bounce, letter, error);
  if (octets == NULL)
    return FALSE;
  gsize length;
  const guint8 *data = g_bytes_get_data (octets, &length);
  /* The trace of RFC 5321 section 4.4; no session brought it. */
  g_autofree char *trace
      = g_strdup_printf ("Return-Path: <>\r\nDelivered-To: %s\r\n", bounce->envelope->reverse_path);

  bounce->readers = find_readers (bounce, length + strlen (trace));
  if (bounce->readers == NULL)
    return TRUE;
  bounce->report
      = store_spool_new (store_site_get_files (engine_service_get_site (bounce->service)), error);
  return bounce->report != NULL
         && store_spool_write (bounce->report, (const guint8 *) trace, strlen (trace), error)
         && store_spool_write (bounce->report, data, length, error);
}

EngineBounce *
engine_bounce_new (EngineService *service,
                   const EngineEnvelope *envelope,
                   const char *id,
                   StoreSpool *letter,
                   guint64 size,
                   GError **error)
{
  g_autoptr (EngineBounce) bounce = g_new0 (EngineBounce, 1);

  bounce->service = service;
  bounce->envelope = envelope;
  bounce->id = g_strdup (id);
  bounce->size = size;
  bounce->seen = g_hash_table_new (g_str_hash, g_str_equal);
  bounce->users = g_ptr_array_new_with_free_func (g_free);
  bounce->rows = g_array_new (FALSE, FALSE, sizeof (MessageReportRecipient));
  g_array_set_clear_func (bounce->rows, row_clear);
  settle (bounce);
  gboolean written = write_report (bounce, letter, error);
  bounce->envelope = NULL;
  return written ? g_steal_pointer (&bounce) : NULL;
}

void
engine_bounce_free (EngineBounce *bounce)
{
  g_hash_table_unref (bounce->seen);
  g_ptr_array_unref (bounce->users);
  g_array_unref (bounce->rows);
  g_clear_pointer (&bounce->report, store_spool_free);
  g_strfreev (bounce->readers);
  g_free (bounce->id);
  g_free (bounce);
}

const char *const *
engine_bounce_get_users (EngineBounce *bounce)
{
  return (const char *const *) bounce->users->pdata;
}

gboolean
engine_bounce_has_report (EngineBounce *bounce)
{
  return bounce->report != NULL;
}

void
engine_bounce_store_async (EngineBounce *bounce, GAsyncReadyCallback callback, gpointer user_data)
{
  const StoreDelivery order = { .users = (const char *const *) bounce->readers };

  store_site_deliver_async (engine_service_get_site (bounce->service),
                            g_steal_pointer (&bounce->report), &order, NULL, callback, user_data);
}

void
engine_bounce_store_finish (EngineBounce *bounce, GAsyncResult *result)
{
  g_autoptr (GError) error = NULL;

  if (!store_site_finish (engine_service_get_site (bounce->service), result, &error))
    {
      g_message ("The report on letter %s was not stored: %s", bounce->id, error->message);
      return;
    }
  for (char **reader = bounce->readers; *reader != NULL; reader++)
    engine_service_announce_delivery (bounce->service, *reader);
}
