/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-session-private.h"

#include <proto-pop3-server.h>

/* The engine asks for more when less than this waits to be written. */
#define OUTPUT_ENOUGH 65536
#define CHUNK         16384

typedef struct
{
  EngineSession parent;
  ProtoPop3Server *server; /* the link's; gone with the wire */
  StoreMaildrop *maildrop; /* while it is held */
  GBytes *letter;          /* on its way out */
  gsize sent;              /* of its octets */
  guint index;             /* its place in the maildrop */
  gboolean whole;          /* RETR, not TOP */
  gboolean opening;        /* a name and password, or a maildrop, is waited for */
  guint removing;          /* so many letters */
  const char *login_verb;  /* static: the last that asks */
  gboolean cut_drops;      /* where a fault cuts the letter, it closes */
} Pop3Session;

/* ---- faults on demand ---- */

/* The rule in whose place nothing else is done, or that cuts a letter; to be freed. */
static EngineFaultRule *
find_fault (Pop3Session *self, EngineFaultMoment *moment)
{
  if (!engine_faults_is_active (engine_service_get_faults (self->parent.service)))
    return NULL;
  return engine_session_find_fault (&self->parent, moment);
}

/* A ProtoGate for the commands that ask nothing, and for QUIT. */
static gboolean
on_gate (const char *verb, gpointer user_data)
{
  static const char *const later[] = { "PASS", "AUTH", "APOP", "RETR", "TOP", NULL };
  Pop3Session *self = user_data;

  if (self->parent.dropped)
    return TRUE;
  if (g_strv_contains (later, verb))
    {
      self->login_verb = verb;
      return FALSE;
    }
  g_autoptr (EngineFaultRule) rule = find_fault (self, &(EngineFaultMoment){ .command = verb });
  if (rule != NULL)
    proto_pop3_server_interject (self->server, rule->reply);
  return rule != NULL || self->parent.dropped;
}

/* TRUE: a fault has answered the open question, or closed. */
static gboolean
strike (Pop3Session *self, EngineFaultMoment *moment)
{
  g_autoptr (EngineFaultRule) rule = find_fault (self, moment);

  self->parent.cut = G_MAXUINT64;
  self->cut_drops = rule != NULL && rule->action == ENGINE_FAULT_DROP;
  if (rule != NULL && rule->action == ENGINE_FAULT_REPLY)
    {
      proto_pop3_server_refuse (self->server, NULL, rule->reply);
      return TRUE;
    }
  if (rule != NULL)
    self->parent.cut = rule->amount;
  return self->parent.dropped;
}

/* ---- AUTHORIZATION ---- */

typedef struct
{
  StoreSite *site;
  char *user;
} Opening;

static void
opening_free (Opening *opening)
{
  g_free (opening->user);
  g_free (opening);
}

static void
open_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Opening *opening = data;
  GError *error = NULL;
  StoreMaildrop *maildrop = store_maildrop_open (opening->site, opening->user, &error);

  if (maildrop != NULL)
    g_task_return_pointer (task, maildrop, (GDestroyNotify) store_maildrop_free);
  else
    g_task_return_error (task, error);
}

static GArray *
make_entries (StoreMaildrop *maildrop)
{
  guint count = store_maildrop_get_count (maildrop);
  GArray *entries = g_array_sized_new (FALSE, TRUE, sizeof (ProtoPop3Entry), count);

  g_array_set_size (entries, count);
  for (guint i = 0; i < count; i++)
    g_array_index (entries, ProtoPop3Entry, i) = (ProtoPop3Entry){
      .size = store_maildrop_get_size (maildrop, i),
      .number = (guint64) store_maildrop_get_id (maildrop, i),
    };
  return entries;
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (EngineSession) session = user_data;
  Pop3Session *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (StoreMaildrop) maildrop = g_task_propagate_pointer (G_TASK (result), &error);

  self->opening = FALSE;
  if (!engine_session_is_open (session))
    return;
  if (maildrop != NULL)
    {
      self->maildrop = g_steal_pointer (&maildrop);
      proto_pop3_server_accept (self->server, make_entries (self->maildrop),
                                store_maildrop_get_mark (self->maildrop));
    }
  else if (g_error_matches (error, STORE_ERROR, STORE_ERROR_BUSY))
    proto_pop3_server_refuse (self->server, "IN-USE", "Another session holds this maildrop");
  else
    {
      g_warning ("A maildrop was not opened: %s", error->message);
      proto_pop3_server_refuse (self->server, "SYS/TEMP", "The maildrop cannot be opened now");
    }
  engine_session_resume (session);
}

static void
refuse_password (EngineSession *session)
{
  Pop3Session *self = (Pop3Session *) session;

  self->opening = FALSE;
  if (!engine_session_is_open (session))
    return;
  proto_pop3_server_refuse (
      self->server, "AUTH",
      session->locked ? "Too many wrong passwords came from there: try again in some minutes"
                      : "The user name or the password is wrong");
  engine_session_resume (session);
}

static void
on_verified (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (EngineSession) session = user_data;
  Pop3Session *self = user_data;
  EngineRefusal refusal;
  g_autofree char *user = engine_login_verify_finish (result, &refusal);

  if (!engine_session_is_open (session))
    {
      self->opening = FALSE;
      return;
    }
  if (user == NULL)
    {
      engine_session_delay (session, &refusal, refuse_password);
      return;
    }
  if (!engine_session_take_user (session, g_strdup (user)))
    {
      self->opening = FALSE;
      proto_pop3_server_refuse (self->server, "SYS/TEMP", "You have too many sessions already");
      engine_session_resume (session);
      return;
    }

  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_opened, engine_session_ref (session));
  Opening *opening = g_new0 (Opening, 1);
  opening->site = engine_service_get_site (session->service);
  opening->user = g_steal_pointer (&user);
  g_task_set_task_data (task, opening, (GDestroyNotify) opening_free);
  engine_login_run (engine_service_get_login (session->service), task, open_thread);
}

static void
on_login (Pop3Session *self, const ProtoCredentials *credentials)
{
  EngineFaultMoment moment = {
    .command = self->login_verb,
    .user = credentials != NULL ? credentials->user : self->parent.claimed,
  };

  if (strike (self, &moment))
    return;
  engine_session_set_claimed (&self->parent, moment.user);
  self->opening = TRUE;
  engine_login_verify_async (engine_service_get_login (self->parent.service), credentials,
                             self->parent.address, on_verified, engine_session_ref (&self->parent));
}

static void
on_apop (Pop3Session *self, const ProtoPop3ServerEvent *event)
{
  g_autoptr (ProtoCredentials) credentials
      = proto_credentials_new_digest (event->user, proto_pop3_server_get_timestamp (self->server),
                                      event->digest, TRUE);

  on_login (self, credentials);
}

static void
on_keys_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (EngineSession) session = user_data;
  Pop3Session *self = user_data;
  ProtoScramKeys keys;
  EngineRefusal refusal;
  gboolean found = engine_login_find_keys_finish (result, &keys, &refusal);

  self->opening = FALSE;
  if (engine_session_is_open (session) && found)
    {
      proto_pop3_server_give_keys (self->server, &keys);
      engine_session_resume (session);
    }
  else if (engine_session_is_open (session))
    engine_session_delay (session, &refusal, refuse_password);
  base_secret_wipe (&keys, sizeof keys);
}

static void
on_keys (Pop3Session *self, const ProtoPop3ServerEvent *event)
{
  self->opening = TRUE;
  engine_session_set_claimed (&self->parent, event->user);
  engine_login_find_keys_async (engine_service_get_login (self->parent.service), event->user,
                                self->parent.address, on_keys_found,
                                engine_session_ref (&self->parent));
}

/* ---- TRANSACTION ---- */

/* As much as the wire takes: a letter is never in the output whole. */
static void
send_more (Pop3Session *self)
{
  ProtoEngine *engine = proto_pop3_server_get_engine (self->server);
  gboolean wanted = TRUE;
  gsize length;

  if (self->letter == NULL)
    return;
  const guint8 *data = g_bytes_get_data (self->letter, &length);
  length = (gsize) MIN (length, self->parent.cut);
  while (wanted && self->sent < length)
    {
      gsize part = MIN (length - self->sent, CHUNK);
      if (proto_engine_get_output_length (engine) >= OUTPUT_ENOUGH)
        return;
      wanted = proto_pop3_server_send (self->server, data + self->sent, part);
      self->sent += part;
    }
  if (length == self->parent.cut && self->cut_drops)
    {
      proto_pop3_server_send_abort (self->server);
      g_clear_pointer (&self->letter, g_bytes_unref);
      return;
    }
  proto_pop3_server_send_end (self->server);
  if (self->whole)
    {
      g_autofree char *uid = store_maildrop_dup_uid (self->maildrop, self->index);

      store_maildrop_set_retrieved (self->maildrop, self->index);
      engine_session_log (&self->parent, ENGINE_LOG_INFO, "retrieved", "uid", uid, "#size",
                          (guint64) length, NULL);
    }
  g_clear_pointer (&self->letter, g_bytes_unref);
}

/* RFC 6856 section 2: who has not said UTF8 gets no head that is not ASCII. */
static gboolean
needs_utf8 (StoreMaildrop *maildrop, guint index)
{
  g_autoptr (GBytes) letter = store_maildrop_read (maildrop, index, NULL);
  gsize length = 0;
  const guint8 *data = letter != NULL ? g_bytes_get_data (letter, &length) : NULL;
  guint column = 0;

  for (gsize i = 0; i < length; i++)
    {
      if (data[i] >= 0x80)
        return TRUE;
      if (data[i] == '\n' && column == 0)
        break;
      column = data[i] == '\n' ? 0 : column + (data[i] != '\r');
    }
  return FALSE;
}

static void
on_retr (Pop3Session *self, guint index, gboolean whole)
{
  EngineFaultMoment moment = {
    .command = whole ? "RETR" : "TOP",
    .size = store_maildrop_get_size (self->maildrop, index),
  };
  g_autoptr (GError) error = NULL;

  if (strike (self, &moment))
    return;
  if (!proto_pop3_server_is_utf8 (self->server) && needs_utf8 (self->maildrop, index))
    {
      proto_pop3_server_refuse (self->server, "UTF8",
                                "The letter's head has UTF-8: say UTF8 before logging in");
      return;
    }
  self->letter = whole ? store_maildrop_take (self->maildrop, index, &error)
                       : store_maildrop_read (self->maildrop, index, &error);
  self->sent = 0;
  self->index = index;
  self->whole = whole;
  if (g_error_matches (error, STORE_ERROR, STORE_ERROR_RECALLED))
    {
      proto_pop3_server_refuse (self->server, "SYS/PERM", "The sender has recalled this letter");
      return;
    }
  if (self->letter == NULL)
    {
      g_warning ("A letter was not read: %s", error->message);
      proto_pop3_server_refuse (self->server, "SYS/TEMP", "The letter cannot be read now");
      return;
    }
  proto_pop3_server_send_begin (self->server);
  send_more (self);
}

/* ---- UPDATE ---- */

static void
on_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (EngineSession) session = user_data;
  Pop3Session *self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean removed = store_maildrop_remove_finish (self->maildrop, result, &error);

  if (removed)
    {
      engine_service_count (session->service, ENGINE_COUNT_REMOVED, self->removing);
      engine_session_log (session, ENGINE_LOG_INFO, "deleted", "#letters", (guint64) self->removing,
                          NULL);
    }
  self->removing = 0;
  /* Before the answer: who hears it may come again at once. */
  g_clear_pointer (&self->maildrop, store_maildrop_free);
  if (!removed)
    g_warning ("Letters were not removed: %s", error->message);
  if (!engine_session_is_open (session))
    return;
  if (removed)
    proto_pop3_server_accept_update (self->server);
  else
    proto_pop3_server_refuse (self->server, "SYS/TEMP", "Some letters were not removed");
  engine_session_resume (session);
}

static void
on_update (Pop3Session *self, const GArray *deleted)
{
  if (deleted != NULL && deleted->len > 0)
    {
      self->removing = deleted->len;
      store_maildrop_remove_async (self->maildrop, deleted, NULL, on_removed,
                                   engine_session_ref (&self->parent));
      return;
    }
  g_clear_pointer (&self->maildrop, store_maildrop_free);
  proto_pop3_server_accept_update (self->server);
}

/* ---- the session ---- */

static void
let_go (Pop3Session *self)
{
  g_clear_pointer (&self->letter, g_bytes_unref);
  if (self->removing == 0)
    g_clear_pointer (&self->maildrop, store_maildrop_free);
}

static void
handle (Pop3Session *self, const ProtoPop3ServerEvent *event)
{
  switch (event->type)
    {
    case PROTO_POP3_SERVER_KEYS:
      on_keys (self, event);
      break;
    case PROTO_POP3_SERVER_LOGIN:
      on_login (self, event->credentials);
      break;
    case PROTO_POP3_SERVER_APOP:
      on_apop (self, event);
      break;
    case PROTO_POP3_SERVER_RETR:
      engine_service_count (self->parent.service, ENGINE_COUNT_RETRIEVED, 1);
      on_retr (self, event->index, TRUE);
      break;
    case PROTO_POP3_SERVER_TOP:
      on_retr (self, event->index, FALSE);
      break;
    case PROTO_POP3_SERVER_UPDATE:
      on_update (self, event->deleted);
      break;
    case PROTO_POP3_SERVER_WANT_BODY:
      send_more (self);
      break;
    case PROTO_POP3_SERVER_CLOSED:
      let_go (self);
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
pop3_session_pull (EngineSession *session)
{
  Pop3Session *self = (Pop3Session *) session;
  ProtoPop3ServerEvent event;

  while (session->link != NULL && !session->dropped
         && proto_pop3_server_next (self->server, &event))
    handle (self, &event);
}

static gboolean
pop3_session_is_busy (EngineSession *session)
{
  Pop3Session *self = (Pop3Session *) session;

  return self->letter != NULL || self->removing > 0;
}

static gboolean
pop3_session_is_committing (EngineSession *session)
{
  return ((Pop3Session *) session)->removing > 0;
}

static void
pop3_session_shut_down (EngineSession *session, const char *text)
{
  Pop3Session *self = (Pop3Session *) session;

  proto_pop3_server_shut_down (self->server, text);
  let_go (self);
}

static void
pop3_session_turn_away (EngineSession *session, const EngineFaultRule *rule)
{
  proto_pop3_server_turn_away (((Pop3Session *) session)->server, rule->reply);
}

static void
pop3_session_ended (EngineSession *session)
{
  Pop3Session *self = (Pop3Session *) session;

  self->server = NULL;
  let_go (self);
}

static void
pop3_session_free (EngineSession *session)
{
  Pop3Session *self = (Pop3Session *) session;

  let_go (self);
  g_free (self);
}

static const EngineSessionClass pop3_session_class = {
  .protocol = "POP3",
  .pull = pop3_session_pull,
  .is_busy = pop3_session_is_busy,
  .is_committing = pop3_session_is_committing,
  .shut_down = pop3_session_shut_down,
  .turn_away = pop3_session_turn_away,
  .ended = pop3_session_ended,
  .free = pop3_session_free,
};

EngineSession *
engine_pop3_session_new (EngineService *service, EnginePort port, ProtoEngine **engine)
{
  Pop3Session *self = g_new0 (Pop3Session, 1);
  const EngineServerConfig *settings = engine_service_get_config (service);
  ProtoPop3ServerConfig config;

  proto_pop3_server_config_init (&config);
  config.host_name = settings->domain;
  config.offer_stls = port == ENGINE_PORT_POP3;
  config.plain_in_clear = settings->auth_in_clear;
  config.offer_apop = settings->demonstration_auth;
  config.offer_utf8 = TRUE;
  /* Where letters go when there are too many of them nothing can be promised. */
  config.expire = settings->keep_letters > 0 ? PROTO_POP3_EXPIRE_UNSAID
                  : settings->keep_days > 0  ? (int) settings->keep_days
                                             : PROTO_POP3_EXPIRE_NEVER;
  config.login_delay = 0;
  config.mechanisms = engine_session_get_mechanisms (settings);
  config.max_errors = settings->limits.errors;
  config.max_commands = settings->limits.session_commands;
  config.session_timeout = settings->limits.session_seconds * G_USEC_PER_SEC;

  self->parent.klass = &pop3_session_class;
  self->parent.service = service;
  g_atomic_ref_count_init (&self->parent.references);
  self->server = proto_pop3_server_new (&config, port == ENGINE_PORT_POP3S);
  *engine = proto_pop3_server_get_engine (self->server);
  proto_engine_set_gate (*engine, on_gate, self);
  return &self->parent;
}
