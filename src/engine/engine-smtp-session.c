/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-session-private.h"

#include "engine-delivery-private.h"
#include "engine-resolve-private.h"

#include <proto-smtp-server.h>

typedef struct
{
  EngineSession parent;
  ProtoSmtpServer *server;  /* the link's; gone with the wire */
  gboolean submission;      /* RFC 6409 */
  EngineEnvelope *envelope; /* after MAIL */
  EngineDelivery *delivery; /* from DATA or the first BDAT until the message is whole */
  gboolean storing;
} SmtpSession;

static void
forget_transaction (SmtpSession *self)
{
  g_clear_pointer (&self->envelope, engine_envelope_free);
  g_clear_pointer (&self->delivery, engine_delivery_free);
}

static void
say (SmtpSession *self, guint code, const char *enhanced, const char *text)
{
  proto_smtp_server_answer (self->server, proto_reply_new (code, enhanced, text));
}

/* ---- AUTH ---- */

static void
refuse_password (EngineSession *session)
{
  SmtpSession *self = (SmtpSession *) session;

  if (!engine_session_is_open (session))
    return;
  if (session->locked)
    say (self, 454, "4.7.0", "Too many wrong passwords came from there: try again in some minutes");
  else
    say (self, 535, "5.7.8", "The user name or the password is wrong");
  engine_session_resume (session);
}

static void
on_verified (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (EngineSession) session = user_data;
  SmtpSession *self = user_data;
  EngineRefusal refusal;
  g_autofree char *user = engine_login_verify_finish (result, &refusal);

  if (!engine_session_is_open (session))
    return;
  if (user == NULL)
    {
      engine_session_delay (session, &refusal, refuse_password);
      return;
    }
  if (engine_session_take_user (session, g_steal_pointer (&user)))
    say (self, 235, "2.7.0", "Welcome");
  else
    say (self, 454, "4.7.0", "You have too many sessions already");
  engine_session_resume (session);
}

static void
on_keys_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (EngineSession) session = user_data;
  SmtpSession *self = user_data;
  ProtoScramKeys keys;
  EngineRefusal refusal;
  gboolean found = engine_login_find_keys_finish (result, &keys, &refusal);

  if (engine_session_is_open (session) && found)
    {
      proto_smtp_server_give_keys (self->server, &keys);
      engine_session_resume (session);
    }
  else if (engine_session_is_open (session))
    engine_session_delay (session, &refusal, refuse_password);
  base_secret_wipe (&keys, sizeof keys);
}

static void
on_keys (SmtpSession *self, const ProtoSmtpServerEvent *event)
{
  engine_login_find_keys_async (engine_service_get_login (self->parent.service), event->text,
                                self->parent.address, on_keys_found,
                                engine_session_ref (&self->parent));
}

static void
on_auth (SmtpSession *self, const ProtoSmtpServerEvent *event)
{
  engine_login_verify_async (engine_service_get_login (self->parent.service), event->credentials,
                             self->parent.address, on_verified, engine_session_ref (&self->parent));
}

/* ---- the envelope ---- */

/* Domains are compared in their ASCII form; what has none is nobody's. */
static ProtoPath *
make_plain (const ProtoPath *path)
{
  ProtoPath *plain = proto_path_new (path->local_part, path->domain);

  proto_path_make_domain_ascii (plain, NULL);
  return plain;
}

/* The users that @path stands for, or NULL with *@refusal. */
static char **
resolve (SmtpSession *self, const ProtoPath *path, ProtoReply **refusal)
{
  g_autoptr (ProtoPath) plain = make_plain (path);

  return engine_resolve (self->parent.service, plain,
                         self->envelope != NULL ? self->envelope->size : 0, refusal);
}

/* RFC 6409 section 6.1. A report has no sender that could be anyone's. */
static gboolean
may_send_as (SmtpSession *self, const ProtoPath *path)
{
  if (!self->submission || proto_path_is_null (path))
    return TRUE;
  g_autoptr (ProtoPath) plain = make_plain (path);
  return engine_resolve_is_own (self->parent.service, plain, self->parent.user);
}

static void
on_mail (SmtpSession *self, const ProtoSmtpServerEvent *event)
{
  guint64 limit = engine_service_get_config (self->parent.service)->max_size;

  if (limit > 0 && event->size > limit)
    {
      say (self, 552, "5.3.4", "The letter is too large for this server");
      return;
    }
  if (!may_send_as (self, event->path))
    {
      proto_smtp_server_answer (self->server,
                                proto_reply_new_printf (553, "5.7.1",
                                                        "%s may not send as someone else",
                                                        self->parent.user));
      return;
    }
  forget_transaction (self);
  self->envelope = engine_envelope_new (event);
  say (self, 250, "2.1.0", "Sender accepted");
}

static void
on_rcpt (SmtpSession *self, const ProtoSmtpServerEvent *event)
{
  ProtoReply *refusal = NULL;
  g_auto (GStrv) users = resolve (self, event->path, &refusal);

  if (users == NULL)
    {
      engine_service_count (self->parent.service, ENGINE_COUNT_REFUSED, 1);
      proto_smtp_server_answer (self->server, refusal);
      return;
    }
  engine_envelope_add (self->envelope, event, (const char *const *) users);
  say (self, 250, "2.1.5", "Recipient accepted");
}

/* Any mailbox is a list here, of those who get its letters. */
static void
on_expn (SmtpSession *self, const ProtoSmtpServerEvent *event)
{
  const char *domain = engine_service_get_config (self->parent.service)->domain;
  g_autoptr (ProtoPath) path = proto_path_from_address (event->text, NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  g_auto (GStrv) users = NULL;
  ProtoReply *reply = NULL;

  if (path == NULL)
    path = proto_path_new (event->text, domain);
  users = resolve (self, path, &reply);
  for (guint i = 0; users != NULL && users[i] != NULL; i++)
    g_string_append_printf (text, "%s<%s@%s>", i > 0 ? "\n" : "", users[i], domain);
  if (users != NULL)
    reply = proto_reply_new (250, "2.1.5", text->str);
  proto_smtp_server_answer (self->server, reply);
}

/* ---- recall ---- */

static ProtoReply *
reply_to_recall (SmtpSession *self, GPtrArray *recalls)
{
  const char *domain = engine_service_get_config (self->parent.service)->domain;
  g_autoptr (GString) text = g_string_new (NULL);

  if (recalls->len == 0)
    return proto_reply_new (550, "5.1.0",
                            "You have sent no such letter to anybody here in the last 7 days");
  for (guint i = 0; i < recalls->len; i++)
    {
      const StoreRecall *recall = g_ptr_array_index (recalls, i);
      g_string_append_printf (text, "%s<%s@%s> %s", i > 0 ? "\n" : "", recall->user, domain,
                              store_recall_outcome_get_name (recall->outcome));
    }
  return proto_reply_new (250, "2.1.5", text->str);
}

static void
on_recalled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (EngineSession) session = user_data;
  SmtpSession *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) recalls
      = store_site_recall_finish (engine_service_get_site (session->service), result, &error);

  self->storing = FALSE;
  if (recalls == NULL)
    g_warning ("A letter was not recalled: %s", error->message);
  if (!engine_session_is_open (session))
    return;
  if (recalls != NULL)
    proto_smtp_server_answer (self->server, reply_to_recall (self, recalls));
  else
    say (self, 451, "4.3.0", "Nothing can be taken back now; try again later");
  engine_session_resume (session);
}

/* The extension is described in proto-smtp-server.h. */
static void
on_recall (SmtpSession *self, const ProtoSmtpServerEvent *event)
{
  self->storing = TRUE;
  store_site_recall_async (engine_service_get_site (self->parent.service), self->parent.user,
                           event->text, NULL, on_recalled, engine_session_ref (&self->parent));
}

/* ---- the letter ---- */

static void
on_data (SmtpSession *self)
{
  const EngineTrace trace = {
    .envelope = self->envelope,
    .helo = proto_smtp_server_get_helo (self->server),
    .remote = net_link_get_remote (self->parent.link),
    .extended = proto_smtp_server_is_extended (self->server),
    .tls = proto_smtp_server_is_tls (self->server),
    .user = proto_smtp_server_get_user (self->server) != NULL ? self->parent.user : NULL,
  };
  ProtoReply *refusal = NULL;

  g_clear_pointer (&self->delivery, engine_delivery_free);
  self->delivery = engine_delivery_new (self->parent.service, &trace, &refusal);
  if (self->delivery != NULL)
    say (self, 354, NULL, "Go on; a line with a single dot ends the letter");
  else
    proto_smtp_server_answer (self->server, refusal);
}

static void
on_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (EngineSession) session = user_data;
  SmtpSession *self = user_data;
  ProtoReply *reply = engine_delivery_store_finish (result);

  self->storing = FALSE;
  forget_transaction (self);
  if (!engine_session_is_open (session))
    {
      /* Stored, and nobody was told: the peer will send it again (RFC 1047). */
      proto_reply_free (reply);
      return;
    }
  proto_smtp_server_answer (self->server, reply);
  engine_session_resume (session);
}

static void
on_message (SmtpSession *self)
{
  self->storing = TRUE;
  engine_delivery_store_async (g_steal_pointer (&self->delivery), self->envelope, on_stored,
                               engine_session_ref (&self->parent));
}

/* ---- the session ---- */

static void
handle (SmtpSession *self, const ProtoSmtpServerEvent *event)
{
  switch (event->type)
    {
    case PROTO_SMTP_SERVER_HELO:
      break;
    case PROTO_SMTP_SERVER_KEYS:
      on_keys (self, event);
      break;
    case PROTO_SMTP_SERVER_AUTH:
      on_auth (self, event);
      break;
    case PROTO_SMTP_SERVER_MAIL:
      on_mail (self, event);
      break;
    case PROTO_SMTP_SERVER_RCPT:
      on_rcpt (self, event);
      break;
    case PROTO_SMTP_SERVER_VRFY:
      say (self, 252, "2.5.2", "Users are not told; RCPT says whether a letter is taken");
      break;
    case PROTO_SMTP_SERVER_EXPN:
      on_expn (self, event);
      break;
    case PROTO_SMTP_SERVER_RECALL:
      on_recall (self, event);
      break;
    case PROTO_SMTP_SERVER_DATA:
      on_data (self);
      break;
    case PROTO_SMTP_SERVER_CHUNK:
      if (self->delivery != NULL)
        engine_delivery_write (self->delivery, event->chunk);
      break;
    case PROTO_SMTP_SERVER_MESSAGE:
      on_message (self);
      break;
    case PROTO_SMTP_SERVER_ABORT:
    case PROTO_SMTP_SERVER_CLOSED:
      forget_transaction (self);
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
smtp_session_pull (EngineSession *session)
{
  SmtpSession *self = (SmtpSession *) session;
  ProtoSmtpServerEvent event;

  while (session->link != NULL && proto_smtp_server_next (self->server, &event))
    {
      handle (self, &event);
      /* A peer that pipelines letters ends after one, not after all. */
      if (session->state != ENGINE_SERVICE_OPEN && self->envelope == NULL)
        break;
    }
}

static gboolean
smtp_session_is_busy (EngineSession *session)
{
  SmtpSession *self = (SmtpSession *) session;

  return self->envelope != NULL || self->storing;
}

static gboolean
smtp_session_is_committing (EngineSession *session)
{
  return ((SmtpSession *) session)->storing;
}

static void
smtp_session_shut_down (EngineSession *session, const char *text)
{
  SmtpSession *self = (SmtpSession *) session;

  proto_smtp_server_shut_down (self->server, proto_reply_new (421, "4.3.2", text));
  forget_transaction (self);
}

static void
smtp_session_ended (EngineSession *session)
{
  SmtpSession *self = (SmtpSession *) session;

  self->server = NULL;
  g_clear_pointer (&self->delivery, engine_delivery_free);
}

static void
smtp_session_free (EngineSession *session)
{
  SmtpSession *self = (SmtpSession *) session;

  forget_transaction (self);
  g_free (self);
}

static const EngineSessionClass smtp_session_class = {
  .protocol = "SMTP",
  .pull = smtp_session_pull,
  .is_busy = smtp_session_is_busy,
  .is_committing = smtp_session_is_committing,
  .shut_down = smtp_session_shut_down,
  .ended = smtp_session_ended,
  .free = smtp_session_free,
};

EngineSession *
engine_smtp_session_new (EngineService *service, EnginePort port, ProtoEngine **engine)
{
  SmtpSession *self = g_new0 (SmtpSession, 1);
  const EngineServerConfig *settings = engine_service_get_config (service);
  ProtoSmtpServerConfig config;

  proto_smtp_server_config_init (&config);
  config.host_name = settings->domain;
  config.offer_chunking = TRUE;
  config.offer_dsn = TRUE;
  config.offer_expn = settings->offer_expn;
  config.offer_recall = TRUE;
  config.offer_smtputf8 = TRUE;
  config.offer_starttls = port != ENGINE_PORT_SMTPS;
  config.auth_required = port == ENGINE_PORT_SUBMISSION;
  config.auth_in_clear = settings->auth_in_clear;
  config.mechanisms = engine_session_get_mechanisms (settings);
  config.max_size = settings->max_size;
  config.max_errors = settings->limits.errors;
  config.max_commands = settings->limits.session_commands;
  config.session_timeout = settings->limits.session_seconds * G_USEC_PER_SEC;

  self->parent.klass = &smtp_session_class;
  self->parent.service = service;
  g_atomic_ref_count_init (&self->parent.references);
  self->submission = port == ENGINE_PORT_SUBMISSION;
  self->server = proto_smtp_server_new (&config, port == ENGINE_PORT_SMTPS);
  *engine = proto_smtp_server_get_engine (self->server);
  return &self->parent;
}
