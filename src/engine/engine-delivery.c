/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-delivery-private.h"

#include "engine-bounce-private.h"
#include "engine-head-private.h"
#include "engine-judge-private.h"
#include "engine-return-path-private.h"

#include <base-clock.h>
#include <message-date.h>
#include <string.h>

#define MAX_HOPS 100 /* RFC 5321 section 6.3 */
#define JUDGES   2   /* letters being judged at once */

struct _EngineDelivery
{
  EngineService *service;
  StoreSpool *spool; /* NULL after an error */
  char *id;
  guint64 size;         /* octets of the letter with its trace, as RETR will send them */
  guint8 last;          /* of them */
  gsize verdict;        /* where the verdict stands, or 0: nobody judges */
  EngineBounce *bounce; /* once the letter is whole */
  char *sender;         /* the user who has proved to be it, or NULL */
  GError *error;
  EngineReturnPath filter;
  EngineHead head;
};

/* ---- trace lines ---- */

/* What a peer said, unable to leave its place in a header. */
static char *
tame (const char *text, const char *also)
{
  GString *out = g_string_new (NULL);

  for (const char *p = text; *p != '\0' && out->len < 255; p++)
    g_string_append_c (out, g_ascii_isalnum (*p) || strchr (also, *p) != NULL ? *p : '?');
  if (out->len == 0)
    g_string_append_c (out, '?');
  return g_string_free (out, FALSE);
}

/* An address as it was, but for what could end the line. */
static char *
tame_path (const char *text)
{
  char *out = g_strdup (text);

  for (char *p = out; *p != '\0'; p++)
    if (g_ascii_iscntrl (*p))
      *p = '?';
  return out;
}

/* "127.0.0.1:40312" as "127.0.0.1", "[::1]:40312" as "IPv6:::1" (section 4.1.3). */
static char *
literal_of (const char *remote)
{
  const char *colon = strrchr (remote, ':');
  g_autofree char *host
      = colon != NULL ? g_strndup (remote, (gsize) (colon - remote)) : g_strdup (remote);
  gsize length = strlen (host);

  if (host[0] == '[' && length > 2)
    {
      host[length - 1] = '\0';
      memmove (host, host + 1, length - 1);
    }
  g_autofree char *tamed = tame (host, ".:");
  return strchr (tamed, ':') != NULL ? g_strdup_printf ("IPv6:%s", tamed)
                                     : g_steal_pointer (&tamed);
}

static char *
make_id (void)
{
  return g_strdup_printf ("%" G_GINT64_MODIFIER "X%08X", (guint64) base_clock_real (),
                          g_random_int ());
}

/* The local time's zone is looked up on the disk at each asking: letters of one second share it. */
static char *
make_date (void)
{
  static GMutex lock;
  static gint64 second;
  static char *date;
  gint64 now = base_clock_real () / G_USEC_PER_SEC;

  g_mutex_lock (&lock);
  if (date == NULL || now != second)
    {
      g_free (date);
      date = message_date_format (now);
      second = now;
    }
  char *copy = g_strdup (date);
  g_mutex_unlock (&lock);
  return copy;
}

/* RFC 3848, and RFC 6531 section 4.3: with UTF-8 in its envelope. */
static char *
name_protocol (const EngineTrace *trace)
{
  if (!trace->extended)
    return g_strdup ("SMTP");
  return g_strconcat (trace->envelope->utf8 ? "UTF8SMTP" : "ESMTP", trace->tls ? "S" : "",
                      trace->user != NULL ? "A" : "", NULL);
}

static char *
make_trace (EngineDelivery *delivery, const EngineTrace *trace)
{
  const char *domain = engine_service_get_config (delivery->service)->domain;
  const GPtrArray *recipients = trace->envelope->recipients;
  g_autofree char *reverse_path = tame_path (trace->envelope->reverse_path);
  g_autofree char *protocol = name_protocol (trace);
  g_autofree char *helo = tame (trace->helo != NULL ? trace->helo : "", ".-_:[]");
  g_autofree char *remote = literal_of (trace->remote != NULL ? trace->remote : "");
  g_autofree char *date = make_date ();
  g_autofree char *recipient = NULL;
  GString *text = g_string_new (NULL);

  if (recipients->len == 1)
    recipient = tame_path (((const EngineRecipient *) recipients->pdata[0])->address);
  g_string_append_printf (text, "Return-Path: <%s>\r\n", reverse_path);
  /* The letter is one file for all its users: this must be true for each of them, and tell none of
   * them about another. */
  if (recipient != NULL)
    g_string_append_printf (text, "Delivered-To: %s%s%s\r\n", recipient,
                            strchr (recipient, '@') != NULL ? "" : "@",
                            strchr (recipient, '@') != NULL ? "" : domain);
  /* Below what was added here, above what others wrote. Its room is kept until it is known. */
  if (engine_service_get_judge (delivery->service) != NULL)
    {
      g_autofree char *room = engine_judge_dup_headers (NULL);
      delivery->verdict = text->len;
      g_string_append (text, room);
    }
  g_string_append_printf (text, "Received: from %s ([%s])\r\n", helo, remote);
  g_string_append_printf (text, "\tby %s (Postroom)\r\n", domain);
  g_string_append_printf (text, "\twith %s id %s", protocol, delivery->id);
  if (recipient != NULL)
    g_string_append_printf (text, "\r\n\tfor <%s>", recipient);
  g_string_append_printf (text, ";\r\n\t%s\r\n", date);
  return g_string_free (text, FALSE);
}

/* ---- replies ---- */

static ProtoReply *
reply_to_error (const GError *error)
{
  /* All was well at RCPT. One mailbox refuses for all recipients: it is all of them or none. */
  if (g_error_matches (error, STORE_ERROR, STORE_ERROR_QUOTA))
    return proto_reply_new (452, "4.2.2", "A mailbox is full; nothing was stored for anybody");
  if (g_error_matches (error, STORE_ERROR, STORE_ERROR_TOO_LARGE))
    return proto_reply_new (552, "5.2.2", "The letter is larger than a mailbox may ever hold");
  /* The next try is told at RCPT whose it is. */
  if (g_error_matches (error, STORE_ERROR, STORE_ERROR_DISABLED)
      || g_error_matches (error, STORE_ERROR, STORE_ERROR_NOT_FOUND))
    return proto_reply_new (450, "4.2.1", "A mailbox was closed meanwhile; try again");

  g_warning ("A letter was not stored: %s", error->message);
  if (g_error_matches (error, STORE_ERROR, STORE_ERROR_FULL))
    return proto_reply_new (452, "4.3.1", "There is no room on the disk; nothing was stored");
  return proto_reply_new (451, "4.3.0", "The letter cannot be stored now; try again later");
}

/* ---- the letter ---- */

static void
fail (EngineDelivery *delivery, GError *error)
{
  g_clear_error (&delivery->error);
  delivery->error = error;
  g_clear_pointer (&delivery->spool, store_spool_free);
}

/* RFC 1939 section 11: POP3 sends a bare LF or CR, which BDAT may bring, as CRLF, and ends the last
 * line (see proto_dot_encoder_write()). Each CR without LF and each LF without CR is one octet
 * more. */
static void
count_octets (EngineDelivery *delivery, const guint8 *data, gsize length)
{
  const guint8 *end = data + length;
  gboolean after_cr = delivery->last == '\r';

  for (const guint8 *at = data; at < end;)
    {
      const guint8 *cr, *lf;

      if (after_cr && *at == '\n')
        at++;
      else if (after_cr)
        delivery->size++;
      cr = memchr (at, '\r', (gsize) (end - at));
      after_cr = cr != NULL;
      if (cr == NULL)
        cr = end;
      for (; (lf = memchr (at, '\n', (gsize) (cr - at))) != NULL; at = lf + 1)
        delivery->size++;
      at = cr + 1;
    }
  delivery->last = end[-1];
  delivery->size += length;
}

static void
end_octets (EngineDelivery *delivery)
{
  if (delivery->last != '\n')
    delivery->size += delivery->last == '\r' ? 1 : 2;
}

static void
spool (EngineDelivery *delivery, const guint8 *data, gsize length)
{
  g_autoptr (GError) error = NULL;

  if (delivery->head.hops > MAX_HOPS)
    g_clear_pointer (&delivery->spool, store_spool_free);
  if (delivery->spool == NULL || length == 0)
    return;
  count_octets (delivery, data, length);
  if (!store_spool_write (delivery->spool, data, length, &error))
    fail (delivery, g_steal_pointer (&error));
}

/* Takes @task. */
static void
acknowledge (GTask *task)
{
  EngineDelivery *delivery = g_task_get_task_data (task);

  g_task_return_pointer (task, proto_reply_new_printf (250, "2.0.0", "Stored as %s", delivery->id),
                         (GDestroyNotify) proto_reply_free);
  g_object_unref (task);
}

static void
on_reported (GObject *source, GAsyncResult *result, gpointer user_data)
{
  EngineDelivery *delivery = g_task_get_task_data (user_data);

  engine_bounce_store_finish (delivery->bounce, result);
  acknowledge (user_data);
}

static void
on_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  EngineDelivery *delivery = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!store_site_finish (engine_service_get_site (delivery->service), result, &error))
    {
      engine_service_count (delivery->service, ENGINE_COUNT_REFUSED, 1);
      g_task_return_pointer (task, reply_to_error (error), (GDestroyNotify) proto_reply_free);
      return;
    }
  const char *const *users = engine_bounce_get_users (delivery->bounce);
  engine_service_count (delivery->service, ENGINE_COUNT_LETTERS, 1);
  engine_service_count (delivery->service, ENGINE_COUNT_OCTETS, delivery->size);
  for (guint i = 0; users[i] != NULL; i++)
    engine_service_announce_delivery (delivery->service, users[i]);
  if (engine_bounce_has_report (delivery->bounce))
    engine_bounce_store_async (delivery->bounce, on_reported, g_steal_pointer (&task));
  else
    acknowledge (g_steal_pointer (&task));
}

/* ---- the verdict ---- */

static void
judge_spool (EngineDelivery *delivery)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = store_spool_read (delivery->spool, SPAM_MAX_OCTETS, &error);
  g_autoptr (MessageLetter) letter = bytes != NULL ? message_letter_parse (bytes, &error) : NULL;

  if (letter != NULL)
    {
      g_autoptr (SpamVerdict) verdict
          = engine_judge_letter (engine_service_get_judge (delivery->service), letter);
      g_autofree char *headers = engine_judge_dup_headers (verdict);
      store_spool_patch (delivery->spool, delivery->verdict, (const guint8 *) headers,
                         strlen (headers), &error);
    }
  if (error != NULL)
    fail (delivery, g_steal_pointer (&error));
}

static void
judge_thread (gpointer data, gpointer unused)
{
  g_autoptr (GTask) judging = data;

  judge_spool (g_task_get_task_data (judging));
  g_task_return_boolean (judging, TRUE);
}

/* Not GTask's threads, which others hold for as long as a peer likes. */
static GThreadPool *
get_judges (void)
{
  static GThreadPool *judges;

  if (g_once_init_enter (&judges))
    g_once_init_leave (&judges, g_thread_pool_new (judge_thread, NULL, JUDGES, FALSE, NULL));
  return judges;
}

/* Takes @task. */
static void
deliver (GTask *task)
{
  EngineDelivery *delivery = g_task_get_task_data (task);
  const StoreDelivery order = {
    .users = engine_bounce_get_users (delivery->bounce),
    .sender = delivery->sender,
    .message_id = delivery->head.message_id != NULL ? delivery->head.message_id->str : NULL,
    .size = delivery->size,
  };
  store_site_deliver_async (engine_service_get_site (delivery->service),
                            g_steal_pointer (&delivery->spool), &order, NULL, on_stored, task);
}

static void
on_judged (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  EngineDelivery *delivery = g_task_get_task_data (task);

  if (delivery->error != NULL)
    g_task_return_pointer (task, reply_to_error (delivery->error),
                           (GDestroyNotify) proto_reply_free);
  else
    deliver (g_steal_pointer (&task));
}

EngineDelivery *
engine_delivery_new (EngineService *service, const EngineTrace *trace, ProtoReply **refusal)
{
  g_autoptr (EngineDelivery) delivery = g_new0 (EngineDelivery, 1);
  StoreFiles *files = store_site_get_files (engine_service_get_site (service));
  g_autoptr (GError) error = NULL;

  delivery->service = service;
  delivery->sender = g_strdup (trace->user);
  engine_return_path_init (&delivery->filter);
  engine_head_init (&delivery->head);
  delivery->id = make_id ();
  delivery->spool = store_spool_new (files, &error);
  if (delivery->spool != NULL)
    {
      g_autofree char *text = make_trace (delivery, trace);
      spool (delivery, (const guint8 *) text, strlen (text));
      if (delivery->error == NULL)
        return g_steal_pointer (&delivery);
      error = g_steal_pointer (&delivery->error);
    }
  *refusal = reply_to_error (error);
  return NULL;
}

void
engine_delivery_free (EngineDelivery *delivery)
{
  g_clear_pointer (&delivery->spool, store_spool_free);
  g_clear_error (&delivery->error);
  engine_head_clear (&delivery->head);
  g_clear_pointer (&delivery->bounce, engine_bounce_free);
  g_free (delivery->sender);
  g_free (delivery->id);
  g_free (delivery);
}

void
engine_delivery_write (EngineDelivery *delivery, GBytes *chunk)
{
  gsize length, used = 0;
  const guint8 *data = g_bytes_get_data (chunk, &length);

  engine_head_feed (&delivery->head, data, length);
  if (!delivery->filter.over)
    {
      g_autoptr (GByteArray) kept = g_byte_array_new ();

      used = engine_return_path_read (&delivery->filter, data, length, kept);
      spool (delivery, kept->data, kept->len);
    }
  spool (delivery, data + used, length - used);
}

void
engine_delivery_store_async (EngineDelivery *delivery,
                             const EngineEnvelope *envelope,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  g_autoptr (GByteArray) held = g_byte_array_new ();
  ProtoReply *refusal = NULL;

  engine_return_path_end (&delivery->filter, held);
  spool (delivery, held->data, held->len);
  end_octets (delivery);
  g_task_set_task_data (task, delivery, (GDestroyNotify) engine_delivery_free);
  if (delivery->head.hops > MAX_HOPS)
    refusal = proto_reply_new_printf (554, "5.4.6", "The letter goes in circles: over %d hops",
                                      MAX_HOPS);
  else if (delivery->error != NULL)
    refusal = reply_to_error (delivery->error);
  else
    {
      delivery->bounce = engine_bounce_new (delivery->service, envelope, delivery->id,
                                            delivery->spool, delivery->size, &delivery->error);
      if (delivery->bounce == NULL)
        refusal = reply_to_error (delivery->error);
    }
  if (refusal != NULL)
    {
      g_task_return_pointer (task, refusal, (GDestroyNotify) proto_reply_free);
      return;
    }

  if (delivery->verdict == 0)
    {
      deliver (g_steal_pointer (&task));
      return;
    }
  g_autoptr (GTask) judging = g_task_new (NULL, NULL, on_judged, g_steal_pointer (&task));
  g_task_set_task_data (judging, delivery, NULL);
  g_thread_pool_push (get_judges (), g_steal_pointer (&judging), NULL);
}

ProtoReply *
engine_delivery_store_finish (GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}
