/* SPDX-License-Identifier: MIT */
#include "proto-path.h"

#include "proto-engine.h"

#include <arpa/inet.h>
#include <string.h>

/* RFC 5321 section 4.5.3.1. */
#define MAX_LOCAL_PART 64
#define MAX_DOMAIN     255
#define MAX_LABEL      63
#define MAX_PATH       256

static gboolean
complain (GError **error, const char *what)
{
  g_set_error_literal (error, PROTO_ERROR, PROTO_ERROR_SYNTAX, what);
  return FALSE;
}

/* ---- characters ---- */

static gboolean
is_atext (char c, gboolean utf8)
{
  if ((guint8) c >= 0x80)
    return utf8;
  return g_ascii_isalnum (c) || (c != '\0' && strchr ("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* qtextSMTP, and what a quoted-pair may quote (section 4.1.2). */
static gboolean
is_quotable (char c, gboolean utf8)
{
  if ((guint8) c >= 0x80)
    return utf8;
  return g_ascii_isprint (c);
}

static gboolean
is_dot_string (const char *text)
{
  gboolean dot = TRUE;

  for (; *text != '\0'; text++)
    {
      if (*text == '.' ? dot : !is_atext (*text, TRUE))
        return FALSE;
      dot = *text == '.';
    }
  return !dot;
}

/* ---- parts of a mailbox; each moves *@at behind what it has read ---- */

static gboolean
read_dot_string (const char **at, gboolean utf8, GString *local_part, GError **error)
{
  gboolean dot = TRUE;

  for (; **at == '.' || is_atext (**at, utf8); (*at)++)
    {
      if (**at == '.' && dot)
        return complain (error, "A dot is out of place in the local part");
      dot = **at == '.';
      g_string_append_c (local_part, **at);
    }
  if (local_part->len == 0)
    return complain (error, "The local part is missing");
  if (dot)
    return complain (error, "The local part ends in a dot");
  return TRUE;
}

static gboolean
read_quoted_string (const char **at, gboolean utf8, GString *local_part, GError **error)
{
  for ((*at)++; **at != '"'; (*at)++)
    {
      if (**at == '\\')
        (*at)++;
      if (!is_quotable (**at, utf8))
        return complain (error, **at == '\0' ? "The quoted local part has no end"
                                             : "A character in the local part is not allowed");
      g_string_append_c (local_part, **at);
    }
  (*at)++;
  return TRUE;
}

static gboolean
read_local_part (const char **at, gboolean utf8, GString *local_part, GError **error)
{
  const char *start = *at;

  if (!(**at == '"' ? read_quoted_string (at, utf8, local_part, error)
                    : read_dot_string (at, utf8, local_part, error)))
    return FALSE;
  if (*at - start > MAX_LOCAL_PART)
    return complain (error, "The local part is longer than 64 octets");
  return TRUE;
}

static gboolean
read_literal (const char **at, GString *domain, GError **error)
{
  const char *end = strchr (*at, ']');
  guint8 address[16];

  if (end == NULL || end - *at > MAX_DOMAIN)
    return complain (error, "The address literal has no end");

  g_autofree char *text = g_strndup (*at + 1, (gsize) (end - *at - 1));
  gboolean six = g_ascii_strncasecmp (text, "IPv6:", 5) == 0;
  if (inet_pton (six ? AF_INET6 : AF_INET, six ? text + 5 : text, address) != 1)
    return complain (error, "The address literal is no IPv4 or IPv6 address");
  g_string_append_printf (domain, "[%s]", text);
  *at = end + 1;
  return TRUE;
}

static gboolean
read_label (const char **at, gboolean utf8, GError **error)
{
  const char *start = *at;
  gboolean ascii = TRUE;

  for (; g_ascii_isalnum (**at) || **at == '-' || (utf8 && (guint8) * *at >= 0x80); (*at)++)
    ascii &= (guint8) * *at < 0x80;
  if (*at == start)
    return complain (error, "The domain has an empty or a forbidden part");
  if (*start == '-' || (*at)[-1] == '-')
    return complain (error, "A part of the domain begins or ends with a hyphen");
  /* Of a label beyond ASCII it is the ASCII form that counts, and it is judged later. */
  if (ascii && *at - start > MAX_LABEL)
    return complain (error, "A part of the domain is longer than 63 octets");
  return TRUE;
}

static gboolean
read_domain (const char **at, gboolean utf8, GString *domain, GError **error)
{
  const char *start = *at;

  if (**at == '[')
    return read_literal (at, domain, error);
  for (;;)
    {
      if (!read_label (at, utf8, error))
        return FALSE;
      if (**at != '.')
        break;
      (*at)++;
    }
  if (*at - start > MAX_DOMAIN)
    return complain (error, "The domain is longer than 255 octets");
  g_string_append_len (domain, start, *at - start);
  return TRUE;
}

/* The ASCII form of an internationalized domain (RFC 5890), or NULL. The mapping may turn a letter
 * into an ASCII character, a fullwidth > for one, so that its result is judged anew. */
static char *
make_ascii (const char *name, GError **error)
{
  g_autofree char *ascii = g_hostname_to_ascii (name);
  g_autoptr (GString) domain = g_string_new (NULL);
  const char *at = ascii;

  if (ascii == NULL)
    {
      complain (error, "The domain cannot be written in ASCII");
      return NULL;
    }
  if (!read_domain (&at, FALSE, domain, error))
    return NULL;
  if (*at != '\0')
    {
      complain (error, "The domain has a character that is not allowed");
      return NULL;
    }
  return g_steal_pointer (&ascii);
}

/* What UTF-8 lets through that neither a header nor a log may get: C1 controls, line separators. */
static gboolean
has_control (const char *text)
{
  for (; *text != '\0'; text = g_utf8_next_char (text))
    {
      gunichar c = g_utf8_get_char (text);

      if (g_unichar_iscntrl (c) || c == 0x2028 || c == 0x2029)
        return TRUE;
    }
  return FALSE;
}

/* "@a,@b:", which RFC 5321 appendix C wants understood and then ignored. */
static gboolean
skip_source_route (const char **at, gboolean utf8, GError **error)
{
  while (**at == '@')
    {
      g_autoptr (GString) hop = g_string_new (NULL);

      (*at)++;
      if (!read_domain (at, utf8, hop, error))
        return FALSE;
      if (**at == ':')
        {
          (*at)++;
          return TRUE;
        }
      if (**at != ',' || (*at)[1] != '@')
        return complain (error, "The source route is malformed");
      (*at)++;
    }
  return TRUE;
}

static ProtoPath *
read_mailbox (const char **at, gboolean utf8, GError **error)
{
  g_autoptr (GString) local_part = g_string_new (NULL);
  g_autoptr (GString) domain = g_string_new (NULL);

  if (!read_local_part (at, utf8, local_part, error))
    return NULL;
  if (**at != '@')
    {
      complain (error, "There is no @ behind the local part");
      return NULL;
    }
  (*at)++;
  if (!read_domain (at, utf8, domain, error))
    return NULL;
  if (utf8 && has_control (local_part->str))
    {
      complain (error, "A character in the local part is not allowed");
      return NULL;
    }
  if (!g_str_is_ascii (domain->str))
    {
      g_autofree char *ascii = make_ascii (domain->str, error);
      if (ascii == NULL)
        return NULL;
    }
  return proto_path_new (local_part->str, domain->str);
}

/* What stands between the angle brackets; *@at is behind the '<'. */
static ProtoPath *
read_inside (const char **at, ProtoPathKind kind, gboolean utf8, GError **error)
{
  static const char postmaster[] = "Postmaster>";

  if (**at == '>')
    {
      if (kind == PROTO_PATH_REVERSE)
        return proto_path_new ("", "");
      complain (error, "The path is empty");
      return NULL;
    }
  if (kind == PROTO_PATH_FORWARD
      && g_ascii_strncasecmp (*at, postmaster, sizeof postmaster - 1) == 0)
    {
      g_autofree char *local_part = g_strndup (*at, sizeof postmaster - 2);

      *at += sizeof postmaster - 2;
      return proto_path_new (local_part, "");
    }
  if (!skip_source_route (at, utf8, error))
    return NULL;
  return read_mailbox (at, utf8, error);
}

/* ---- public ---- */

ProtoPath *
proto_path_parse (const char *text,
                  ProtoPathKind kind,
                  gboolean utf8,
                  const char **rest,
                  GError **error)
{
  const char *at = text;

  if (utf8 && !g_utf8_validate (text, -1, NULL))
    {
      complain (error, "The path is not valid UTF-8");
      return NULL;
    }
  if (*at != '<')
    {
      complain (error, "A path stands in angle brackets");
      return NULL;
    }
  at++;

  g_autoptr (ProtoPath) path = read_inside (&at, kind, utf8, error);
  if (path == NULL)
    return NULL;
  if (*at != '>')
    {
      complain (error, "There is no > behind the address");
      return NULL;
    }
  at++;
  if (at - text > MAX_PATH)
    {
      complain (error, "The path is longer than 256 octets");
      return NULL;
    }
  if (rest != NULL)
    *rest = at;
  return g_steal_pointer (&path);
}

ProtoPath *
proto_path_new (const char *local_part, const char *domain)
{
  ProtoPath *path = g_new0 (ProtoPath, 1);

  path->local_part = g_strdup (local_part);
  path->domain = g_strdup (domain);
  return path;
}

void
proto_path_free (ProtoPath *path)
{
  if (path == NULL)
    return;
  g_free (path->local_part);
  g_free (path->domain);
  g_free (path);
}

gboolean
proto_path_is_null (const ProtoPath *path)
{
  return *path->local_part == '\0' && *path->domain == '\0';
}

gboolean
proto_path_is_postmaster (const ProtoPath *path)
{
  return *path->domain == '\0' && g_ascii_strcasecmp (path->local_part, "postmaster") == 0;
}

char *
proto_path_to_address (const ProtoPath *path)
{
  GString *address = g_string_new (NULL);

  if (proto_path_is_null (path))
    return g_string_free (address, FALSE);
  if (is_dot_string (path->local_part))
    g_string_append (address, path->local_part);
  else
    {
      g_string_append_c (address, '"');
      for (const char *c = path->local_part; *c != '\0'; c++)
        {
          if (*c == '"' || *c == '\\')
            g_string_append_c (address, '\\');
          g_string_append_c (address, *c);
        }
      g_string_append_c (address, '"');
    }
  if (*path->domain != '\0')
    g_string_append_printf (address, "@%s", path->domain);
  return g_string_free (address, FALSE);
}

gboolean
proto_path_make_domain_ascii (ProtoPath *path, GError **error)
{
  g_autofree char *ascii = NULL;

  if (g_str_is_ascii (path->domain))
    return TRUE;
  ascii = make_ascii (path->domain, error);
  if (ascii == NULL)
    return FALSE;
  g_free (path->domain);
  path->domain = g_steal_pointer (&ascii);
  return TRUE;
}

ProtoPath *
proto_path_from_address (const char *address, GError **error)
{
  const char *at = address;

  if (!g_utf8_validate (address, -1, NULL))
    {
      complain (error, "The address is not valid UTF-8");
      return NULL;
    }

  g_autoptr (ProtoPath) path = read_mailbox (&at, TRUE, error);
  if (path == NULL)
    return NULL;
  if (*at != '\0')
    {
      complain (error, "There is something behind the address");
      return NULL;
    }
  if (!proto_path_make_domain_ascii (path, error))
    return NULL;
  g_autofree char *wire = proto_path_to_address (path);
  if (strlen (wire) + 2 > MAX_PATH)
    {
      complain (error, "The address is too long");
      return NULL;
    }
  return g_steal_pointer (&path);
}
