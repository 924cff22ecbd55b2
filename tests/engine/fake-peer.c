/* SPDX-License-Identifier: MIT */
#include "fake-peer.h"

#include <string.h>

typedef struct
{
  FakePeer *peer;
  GDataInputStream *in;
  GOutputStream *out;
} Wire;

/* Without CRLF; NULL at the end. */
static char *
hear (Wire *wire)
{
  return g_data_input_stream_read_line (wire->in, NULL, wire->peer->cancellable, NULL);
}

static void
say (Wire *wire, const char *text)
{
  g_autofree char *line = g_strconcat (text, "\r\n", NULL);

  g_output_stream_write_all (wire->out, line, strlen (line), NULL, wire->peer->cancellable, NULL);
}

static void
say_or (Wire *wire, const char *reply, const char *otherwise)
{
  g_mutex_lock (&wire->peer->mutex);
  g_autofree char *text = g_strdup (reply != NULL ? reply : otherwise);
  g_mutex_unlock (&wire->peer->mutex);
  say (wire, text);
}

/* ---- SMTP ---- */

/* FALSE: the wire is to be cut. */
static gboolean
take_text (Wire *wire)
{
  FakePeer *peer = wire->peer;
  g_autoptr (GString) text = g_string_new (NULL);
  char *line;

  if (peer->cut_in_body)
    return FALSE;
  while ((line = hear (wire)) != NULL && strcmp (line, ".") != 0)
    {
      g_string_append (text, line[0] == '.' ? line + 1 : line);
      g_string_append (text, "\r\n");
      g_free (line);
    }
  if (line == NULL)
    return FALSE;
  g_free (line);
  g_mutex_lock (&peer->mutex);
  g_ptr_array_add (peer->letters, g_strdup (text->str));
  while (peer->hold)
    g_cond_wait (&peer->cond, &peer->mutex);
  gboolean cut = peer->cut_after_dot;
  g_mutex_unlock (&peer->mutex);
  if (cut)
    return FALSE;
  say_or (wire, peer->final_reply, "250 2.0.0 Taken");
  return TRUE;
}

static void
take_recipient (Wire *wire, const char *line)
{
  FakePeer *peer = wire->peer;
  const char *begin = strchr (line, '<') + 1;
  g_autofree char *address = g_strndup (begin, strcspn (begin, ">"));

  g_mutex_lock (&peer->mutex);
  g_ptr_array_add (peer->recipients, g_strdup (address));
  const char *reply = g_hash_table_lookup (peer->rcpt_replies, address);
  g_mutex_unlock (&peer->mutex);
  say_or (wire, reply, "250 2.1.5 Ok");
}

static void
talk_smtp (Wire *wire)
{
  char *line;

  say (wire, "220 fake.test ESMTP");
  while ((line = hear (wire)) != NULL)
    {
      g_autofree char *command = line;
      gboolean go_on = TRUE;

      if (g_str_has_prefix (command, "EHLO"))
        say (wire, "250-fake.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 AUTH PLAIN");
      else if (g_str_has_prefix (command, "AUTH"))
        say_or (wire, wire->peer->auth_reply, "235 2.7.0 Welcome");
      else if (g_str_has_prefix (command, "MAIL"))
        say_or (wire, wire->peer->mail_reply, "250 2.1.0 Ok");
      else if (g_str_has_prefix (command, "RCPT"))
        take_recipient (wire, command);
      else if (g_str_has_prefix (command, "DATA"))
        {
          say (wire, "354 Go on");
          go_on = take_text (wire);
        }
      else if (g_str_has_prefix (command, "QUIT"))
        {
          say (wire, "221 2.0.0 Bye");
          go_on = FALSE;
        }
      else
        say (wire, "250 2.0.0 Ok");
      if (!go_on)
        return;
    }
}

/* ---- POP3 ---- */

static void
fake_letter_free (FakeLetter *letter)
{
  g_free (letter->uid);
  g_free (letter->text);
  g_free (letter);
}

/* With at most so many lines behind the head. */
static void
say_text (Wire *wire, const char *text, guint most)
{
  guint lines_of_text = 0;
  gboolean in_text = FALSE;
  g_auto (GStrv) lines = g_strsplit (text, "\r\n", -1);
  g_autoptr (GString) out = g_string_new ("+OK\r\n");
  guint count = g_strv_length (lines);

  for (guint i = 0; i < count; i++)
    {
      /* The last piece is what follows the last CRLF: nothing. */
      if (i == count - 1 && lines[i][0] == '\0')
        break;
      if (in_text && lines_of_text++ == most)
        break;
      g_string_append_printf (out, "%s%s\r\n", lines[i][0] == '.' ? "." : "", lines[i]);
      in_text |= lines[i][0] == '\0';
    }
  g_string_append (out, ".");
  say (wire, out->str);
}

static void
say_list (Wire *wire)
{
  FakePeer *peer = wire->peer;
  g_autoptr (GString) out = g_string_new ("+OK\r\n");

  g_mutex_lock (&peer->mutex);
  for (guint i = 0; i < peer->maildrop->len; i++)
    {
      const FakeLetter *letter = g_ptr_array_index (peer->maildrop, i);
      g_string_append_printf (out, "%u %zu\r\n", i + 1,
                              strlen (letter->text) * MAX (peer->wrong_sizes, 1));
    }
  g_mutex_unlock (&peer->mutex);
  g_string_append (out, ".");
  say (wire, out->str);
}

static void
say_uidl (Wire *wire)
{
  FakePeer *peer = wire->peer;
  g_autoptr (GString) out = g_string_new ("+OK\r\n");

  g_mutex_lock (&peer->mutex);
  for (guint i = 0; i < peer->maildrop->len; i++)
    {
      const FakeLetter *letter = g_ptr_array_index (peer->maildrop, i);
      g_string_append_printf (out, "%u %s\r\n", i + 1, letter->uid);
    }
  g_mutex_unlock (&peer->mutex);
  g_string_append (out, ".");
  say (wire, out->str);
}

/* FALSE: the wire is to be cut. */
static gboolean
answer_retr (Wire *wire, guint number)
{
  FakePeer *peer = wire->peer;

  g_mutex_lock (&peer->mutex);
  peer->retrieved++;
  gboolean cut = peer->cut_in_retr == number;
  gboolean refuse = peer->refuse_retr == number;
  const FakeLetter *letter = g_ptr_array_index (peer->maildrop, number - 1);
  g_autofree char *text = g_strdup (letter->text);
  g_mutex_unlock (&peer->mutex);

  if (peer->no_dot)
    {
      g_autofree char *all = g_strconcat ("+OK\r\n", text, NULL);
      g_output_stream_write_all (wire->out, all, strlen (all), NULL, peer->cancellable, NULL);
      return FALSE;
    }
  if (refuse)
    say (wire, "-ERR [SYS/TEMP] Not now");
  else if (cut)
    {
      text[strlen (text) / 2] = '\0';
      g_autofree char *half = g_strconcat ("+OK\r\n", text, NULL);
      say (wire, half);
      return FALSE;
    }
  else
    say_text (wire, text, G_MAXUINT);
  return TRUE;
}

static void
update (FakePeer *peer, const gboolean *deleted)
{
  g_mutex_lock (&peer->mutex);
  for (guint i = peer->maildrop->len; i-- > 0;)
    if (deleted[i])
      g_ptr_array_remove_index (peer->maildrop, i);
  g_mutex_unlock (&peer->mutex);
}

static void
answer_capa (Wire *wire)
{
  g_autofree char *text = g_strdup_printf ("+OK\r\nUSER\r\nRESP-CODES\r\nPIPELINING\r\n%s%s.",
                                           wire->peer->no_uidl ? "" : "UIDL\r\n",
                                           wire->peer->no_top ? "" : "TOP\r\n");
  say (wire, text);
}

static void
talk_pop3 (Wire *wire)
{
  FakePeer *peer = wire->peer;
  gboolean deleted[1000] = { FALSE };
  char *line;

  say (wire, "+OK fake.test ready");
  while ((line = hear (wire)) != NULL)
    {
      g_autofree char *command = line;
      const char *space = strchr (command, ' ');
      guint number = space != NULL ? (guint) g_ascii_strtoull (space, NULL, 10) : 0;

      if (g_str_has_prefix (command, "CAPA"))
        answer_capa (wire);
      else if (g_str_has_prefix (command, "UIDL") && !peer->no_uidl)
        say_uidl (wire);
      else if (g_str_has_prefix (command, "LIST") && !peer->no_list)
        say_list (wire);
      else if (g_str_has_prefix (command, "STAT"))
        {
          g_autofree char *stat = g_strdup_printf ("+OK %u 1000", peer->maildrop->len);
          say (wire, stat);
        }
      else if (g_str_has_prefix (command, "TOP") && !peer->no_top)
        say_text (wire, ((FakeLetter *) g_ptr_array_index (peer->maildrop, number - 1))->text,
                  (guint) g_ascii_strtoull (strrchr (command, ' '), NULL, 10));
      else if (g_str_has_prefix (command, "RETR"))
        {
          if (!answer_retr (wire, number))
            return;
        }
      else if (g_str_has_prefix (command, "DELE"))
        {
          deleted[number - 1] = TRUE;
          say (wire, "+OK");
        }
      else if (g_str_has_prefix (command, "QUIT"))
        {
          update (peer, deleted);
          say (wire, "+OK Bye");
          return;
        }
      else if (g_str_has_prefix (command, "PASS"))
        say_or (wire, peer->pass_reply, "+OK");
      else if (g_str_has_prefix (command, "USER"))
        say (wire, "+OK");
      else
        say (wire, "-ERR What?");
    }
}

/* ---- both ---- */

static gboolean
on_run (GThreadedSocketService *service,
        GSocketConnection *connection,
        GObject *source,
        gpointer user_data)
{
  FakePeer *peer = user_data;
  void (*talk) (Wire * wire) = g_object_get_data (G_OBJECT (service), "talk");
  Wire wire = { peer, NULL, NULL };

  g_mutex_lock (&peer->mutex);
  peer->active++;
  peer->sessions++;
  g_mutex_unlock (&peer->mutex);

  wire.in = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  g_data_input_stream_set_newline_type (wire.in, G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  wire.out = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  talk (&wire);
  g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
  g_object_unref (wire.in);

  g_mutex_lock (&peer->mutex);
  peer->active--;
  g_cond_broadcast (&peer->cond);
  g_mutex_unlock (&peer->mutex);
  return TRUE;
}

static FakePeer *
peer_new (void (*talk) (Wire *wire))
{
  FakePeer *peer = g_new0 (FakePeer, 1);

  g_mutex_init (&peer->mutex);
  g_cond_init (&peer->cond);
  peer->cancellable = g_cancellable_new ();
  peer->rcpt_replies = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  peer->letters = g_ptr_array_new_with_free_func (g_free);
  peer->recipients = g_ptr_array_new_with_free_func (g_free);
  peer->maildrop = g_ptr_array_new_with_free_func ((GDestroyNotify) fake_letter_free);
  peer->service = g_threaded_socket_service_new (8);
  g_object_set_data (G_OBJECT (peer->service), "talk", talk);
  g_signal_connect (peer->service, "run", G_CALLBACK (on_run), peer);
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) effective = NULL;
  gboolean bound = g_socket_listener_add_address (G_SOCKET_LISTENER (peer->service), address,
                                                  G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL,
                                                  &effective, NULL);
  g_assert_true (bound);
  peer->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
  return peer;
}

FakePeer *
fake_smtp_new (void)
{
  return peer_new (talk_smtp);
}

FakePeer *
fake_pop3_new (void)
{
  return peer_new (talk_pop3);
}

void
fake_peer_free (FakePeer *peer)
{
  g_socket_service_stop (peer->service);
  g_socket_listener_close (G_SOCKET_LISTENER (peer->service));
  g_cancellable_cancel (peer->cancellable);
  g_mutex_lock (&peer->mutex);
  while (peer->active > 0)
    g_cond_wait (&peer->cond, &peer->mutex);
  g_mutex_unlock (&peer->mutex);

  g_object_unref (peer->service);
  g_object_unref (peer->cancellable);
  g_free (peer->auth_reply);
  g_free (peer->mail_reply);
  g_free (peer->final_reply);
  g_free (peer->pass_reply);
  g_hash_table_unref (peer->rcpt_replies);
  g_ptr_array_unref (peer->letters);
  g_ptr_array_unref (peer->recipients);
  g_ptr_array_unref (peer->maildrop);
  g_mutex_clear (&peer->mutex);
  g_cond_clear (&peer->cond);
  g_free (peer);
}

void
fake_pop3_put (FakePeer *peer, const char *uid, const char *text)
{
  FakeLetter *letter = g_new0 (FakeLetter, 1);

  letter->uid = g_strdup (uid);
  letter->text = g_strdup (text);
  g_mutex_lock (&peer->mutex);
  g_ptr_array_add (peer->maildrop, letter);
  g_mutex_unlock (&peer->mutex);
}

void
fake_pop3_renumber (FakePeer *peer)
{
  g_mutex_lock (&peer->mutex);
  for (guint i = 0; i < peer->maildrop->len; i++)
    {
      FakeLetter *letter = g_ptr_array_index (peer->maildrop, i);
      char *uid = g_strconcat ("new-", letter->uid, NULL);
      g_free (letter->uid);
      letter->uid = uid;
    }
  g_mutex_unlock (&peer->mutex);
}

void
fake_peer_set (FakePeer *peer, char **reply, const char *text)
{
  g_mutex_lock (&peer->mutex);
  g_free (*reply);
  *reply = g_strdup (text);
  g_mutex_unlock (&peer->mutex);
}

void
fake_peer_release (FakePeer *peer)
{
  g_mutex_lock (&peer->mutex);
  peer->hold = FALSE;
  g_cond_broadcast (&peer->cond);
  g_mutex_unlock (&peer->mutex);
}
