/* SPDX-License-Identifier: MIT */
#include "message-address.h"

#include "message-address-private.h"

#include <string.h>

G_DEFINE_QUARK (message - error - quark, message_error)

/* RFC 5321 section 4.5.3.1, in octets. */
#define MAX_LOCAL_PART 64
#define MAX_DOMAIN     255

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

/* RFC 5322 section 3.2.4: whether the quoted string at the start of @address ends right before
 * @end. */
static gboolean
is_quoted_up_to (const char *address, const char *end)
{
  const char *c = address + 1;

  while (c < end && *c != '"')
    c += *c == '\\' && c + 1 < end ? 2 : 1;
  return c + 1 == end;
}

static gboolean
is_address (const char *address)
{
  const char *at = strrchr (address, '@');

  if (at == NULL || at == address || at[1] == '\0' || at - address > MAX_LOCAL_PART
      || strlen (at + 1) > MAX_DOMAIN || !g_utf8_validate (address, -1, NULL)
      || (*address == '"' && !is_quoted_up_to (address, at)) || strpbrk (at, "\" ") != NULL)
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
  return strstr (at, "..") == NULL && at[1] != '.' && at[1] != '-'
         && (*address == '"' || memchr (address, '@', (gsize) (at - address)) == NULL);
}

static void
collect (InternetAddressList *list, gboolean strict, GPtrArray *mailboxes, char **wrong)
{
  for (int i = 0; list != NULL && i < internet_address_list_length (list); i++)
    {
      InternetAddress *one = internet_address_list_get_address (list, i);
      if (INTERNET_ADDRESS_IS_GROUP (one))
        {
          collect (internet_address_group_get_members (INTERNET_ADDRESS_GROUP (one)), strict,
                   mailboxes, wrong);
          continue;
        }
      const char *address = internet_address_mailbox_get_addr (INTERNET_ADDRESS_MAILBOX (one));
      const char *name = internet_address_get_name (one);
      if (address != NULL && *address != '\0' && (!strict || is_address (address)))
        g_ptr_array_add (mailboxes, message_mailbox_new (name, address));
      else if (*wrong == NULL)
        *wrong = g_strdup (address != NULL && *address != '\0' ? address : name);
    }
}

/* Where a reader of RFC 5322 stands: quoted strings, comments and angle brackets hide what would
 * part addresses elsewhere. */
typedef struct
{
  gboolean quoted;
  gboolean angled;
  guint depth; /* of comments */
} Scanner;

/* Takes the character at *@at, and the one it escapes; FALSE when it is hidden. */
static gboolean
scan (Scanner *scanner, const char **at)
{
  const char c = **at;

  if (c == '\\' && (*at)[1] != '\0' && (scanner->quoted || scanner->depth > 0))
    {
      (*at)++;
      return FALSE;
    }
  if (c == '"' && scanner->depth == 0)
    scanner->quoted = !scanner->quoted;
  else if (scanner->quoted)
    return FALSE;
  else if (c == '(')
    scanner->depth++;
  else if (c == ')' && scanner->depth > 0)
    scanner->depth--;
  else if (scanner->depth == 0 && (c == '<' || c == '['))
    scanner->angled = TRUE;
  else if (scanner->depth == 0 && (c == '>' || c == ']'))
    scanner->angled = FALSE;
  return !scanner->quoted && scanner->depth == 0 && !scanner->angled;
}

/* People part addresses with semicolons, which end a group and nothing else in a header. */
static void
make_commas (char *text)
{
  Scanner scanner = { 0 };
  gboolean in_group = FALSE;

  for (const char *at = text; *at != '\0'; at++)
    {
      if (!scan (&scanner, &at))
        continue;
      if (*at == ':')
        in_group = TRUE;
      else if (*at == ';' && in_group)
        in_group = FALSE;
      else if (*at == ';')
        text[at - text] = ',';
    }
}

/* One address, of which @bare is what no quotes, comments and brackets hide. With an angled address
 * anything may be its name; without one there is nothing else. */
static gboolean
is_piece (const char *piece, GString *bare)
{
  const char *colon = strrchr (bare->str, ':'); /* behind the name of a group */
  g_autofree char *words = g_strstrip (g_strdup (colon != NULL ? colon + 1 : bare->str));

  if (*piece == '\0' || (colon != NULL && *words == '\0'))
    return TRUE;
  if (strchr (piece, '@') == NULL)
    return FALSE;
  return strchr (bare->str, '>') != NULL
         || (strpbrk (words, " \t") == NULL && strchr (words, '@') == strrchr (words, '@'));
}

/* What GMime passes over in silence: pieces between commas that are no address, or more than one.
 */
static char *
find_wrong_piece (const char *text)
{
  g_autoptr (GString) bare = g_string_new (NULL);
  Scanner scanner = { 0 };
  const char *start = text;

  for (const char *at = text;; at++)
    {
      gboolean seen = *at == '\0' || scan (&scanner, &at);
      if (*at != '\0' && (!seen || (*at != ',' && *at != ';')))
        {
          if (seen && *at != '"' && *at != ')')
            g_string_append_c (bare, *at);
          continue;
        }
      g_autofree char *piece = g_strstrip (g_strndup (start, (gsize) (at - start)));
      if (!is_piece (piece, bare))
        return g_steal_pointer (&piece);
      if (*at == '\0')
        return NULL;
      start = at + 1;
      g_string_truncate (bare, 0);
    }
}

GPtrArray *
message_mailboxes_from_list (InternetAddressList *list)
{
  GPtrArray *mailboxes = g_ptr_array_new_with_free_func ((GDestroyNotify) message_mailbox_free);
  g_autofree char *wrong = NULL;

  collect (list, FALSE, mailboxes, &wrong);
  return mailboxes;
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
  make_commas (clean);
  g_autoptr (InternetAddressList) list = internet_address_list_parse (NULL, clean);
  collect (list, TRUE, mailboxes, &wrong);
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
