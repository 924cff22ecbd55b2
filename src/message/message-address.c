/* SPDX-License-Identifier: MIT */
#include "message-address.h"

#include "message-gmime-private.h"
#include <string.h>

G_DEFINE_QUARK (message - error - quark, message_error)

#define MAX_ADDRESS 320 /* RFC 5321: 64 for the local part, 255 for the domain, and the @ */

void
message_init (void)
{
  static gsize done = 0;

  if (g_once_init_enter (&done))
    {
      g_mime_init ();
      g_once_init_leave (&done, 1);
    }
}

/* A name or address goes into one header line: what would end it becomes a blank. */
static char *
one_line (const char *text)
{
  char *valid = g_utf8_make_valid (text != NULL ? text : "", -1);

  for (char *at = valid; *at != '\0'; at++)
    if ((guchar) *at < 0x20 || *at == 0x7f)
      *at = ' ';
  return g_strstrip (valid);
}

MessageMailbox *
message_mailbox_new (const char *name, const char *address)
{
  MessageMailbox *mailbox = g_new0 (MessageMailbox, 1);

  mailbox->name = one_line (name);
  mailbox->address = one_line (address);
  return mailbox;
}

MessageMailbox *
message_mailbox_copy (const MessageMailbox *mailbox)
{
  return message_mailbox_new (mailbox->name, mailbox->address);
}

void
message_mailbox_free (MessageMailbox *mailbox)
{
  if (mailbox == NULL)
    return;
  g_free (mailbox->name);
  g_free (mailbox->address);
  g_free (mailbox);
}

/* RFC 5322 section 3.2.3: what needs no quotes, and what is no ASCII and needs none either. */
static gboolean
is_plain_name (const char *name)
{
  for (const char *at = name; *at != '\0'; at++)
    if (!g_ascii_isalnum (*at) && ((guchar) *at < 0x80)
        && strchr ("!#$%&'*+-/=?^_`{|}~ ", *at) == NULL)
      return FALSE;
  return TRUE;
}

char *
message_mailbox_to_string (const MessageMailbox *mailbox)
{
  if (*mailbox->name == '\0')
    return g_strdup (mailbox->address);
  if (is_plain_name (mailbox->name))
    return g_strdup_printf ("%s <%s>", mailbox->name, mailbox->address);

  GString *text = g_string_new ("\"");
  for (const char *at = mailbox->name; *at != '\0'; at++)
    {
      if (*at == '"' || *at == '\\')
        g_string_append_c (text, '\\');
      g_string_append_c (text, *at);
    }
  g_string_append_printf (text, "\" <%s>", mailbox->address);
  return g_string_free (text, FALSE);
}

/* ---- parsing ---- */

static gboolean
is_address (const char *address)
{
  const char *at = strrchr (address, '@');

  if (at == NULL || at == address || at[1] == '\0' || at - address > 64
      || strlen (address) > MAX_ADDRESS || !g_utf8_validate (address, -1, NULL))
    return FALSE;
  for (const char *c = address; *c != '\0'; c++)
    if ((guchar) *c < 0x20 || *c == 0x7f || (*c == ' ' && *address != '"')
        || strchr ("<>(),;:\\[]", *c) != NULL)
      {
        /* Address literals and quoted local parts have some of these. */
        if ((guchar) *c < 0x20 || *c == 0x7f || (*address != '"' && c < at)
            || (c > at && at[1] != '['))
          return FALSE;
      }
  return strstr (at, "..") == NULL && at[1] != '.' && at[1] != '-';
}

static void
collect (InternetAddressList *list, GPtrArray *mailboxes, char **wrong)
{
  for (int i = 0; list != NULL && i < internet_address_list_length (list); i++)
    {
      InternetAddress *one = internet_address_list_get_address (list, i);
      if (INTERNET_ADDRESS_IS_GROUP (one))
        {
          collect (internet_address_group_get_members (INTERNET_ADDRESS_GROUP (one)), mailboxes,
                   wrong);
          continue;
        }
      const char *address = internet_address_mailbox_get_addr (INTERNET_ADDRESS_MAILBOX (one));
      const char *name = internet_address_get_name (one);
      if (address != NULL && is_address (address))
        g_ptr_array_add (mailboxes, message_mailbox_new (name, address));
      else if (*wrong == NULL)
        *wrong = g_strdup (address != NULL && *address != '\0' ? address : name);
    }
}

/* What GMime passes over in silence: pieces between commas that hold no '@'. */
static char *
find_wrong_piece (const char *text)
{
  gboolean quoted = FALSE;
  guint depth = 0;
  const char *start = text;

  for (const char *at = text;; at++)
    {
      if (*at == '\\' && at[1] != '\0' && quoted)
        at++;
      else if (*at == '"')
        quoted = !quoted;
      else if (!quoted && *at == '(')
        depth++;
      else if (!quoted && *at == ')' && depth > 0)
        depth--;
      if (*at != '\0' && (quoted || depth > 0 || (*at != ',' && *at != ';')))
        continue;
      g_autofree char *piece = g_strstrip (g_strndup (start, (gsize) (at - start)));
      if (*piece != '\0' && strchr (piece, '@') == NULL && strchr (piece, ':') == NULL)
        return g_steal_pointer (&piece);
      if (*at == '\0')
        return NULL;
      start = at + 1;
    }
}

GPtrArray *
message_mailboxes_parse (const char *text, GError **error)
{
  g_autoptr (GPtrArray) mailboxes
      = g_ptr_array_new_with_free_func ((GDestroyNotify) message_mailbox_free);
  g_autofree char *wrong = NULL;

  message_init ();
  if (error != NULL && strpbrk (text, "\r\n") != NULL)
    {
      g_set_error_literal (error, MESSAGE_ERROR, MESSAGE_ERROR_ADDRESS,
                           "An address has a line end in it");
      return NULL;
    }
  g_autofree char *clean = one_line (text);
  g_autoptr (InternetAddressList) list = internet_address_list_parse (NULL, clean);
  collect (list, mailboxes, &wrong);
  if (wrong == NULL)
    wrong = find_wrong_piece (clean);
  if (wrong == NULL && *clean != '\0' && mailboxes->len == 0 && strchr (clean, ':') == NULL)
    wrong = g_strdup (clean);
  if (wrong == NULL || error == NULL)
    return g_steal_pointer (&mailboxes);
  g_set_error (error, MESSAGE_ERROR, MESSAGE_ERROR_ADDRESS,
               "“%s” is no mail address: it should look like name@example.org", wrong);
  return NULL;
}

char *
message_mailboxes_to_string (GPtrArray *mailboxes)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < mailboxes->len; i++)
    {
      g_autofree char *one = message_mailbox_to_string (g_ptr_array_index (mailboxes, i));
      g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", one);
    }
  return g_string_free (text, FALSE);
}
