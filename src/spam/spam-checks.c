/* SPDX-License-Identifier: MIT */
#include "spam-checks.h"

#include <string.h>

/* ---- the subject ---- */

static gboolean
subject_upper (const SpamMaterial *material, double number)
{
  guint upper = 0;

  for (const char *at = material->subject; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);
      if (g_unichar_islower (c))
        return FALSE;
      upper += g_unichar_isupper (c);
    }
  return upper >= number;
}

static gboolean
subject_gap (const SpamMaterial *material, double number)
{
  g_autofree char *gap = g_strnfill ((gsize) CLAMP (number, 2, 100), ' ');
  const char *found = strstr (material->subject, gap);

  return found != NULL && found[strspn (found, " ")] != '\0';
}

static gboolean
subject_empty (const SpamMaterial *material, double number)
{
  return *material->subject == '\0';
}

/* ---- the sender ---- */

static gboolean
from_empty (const SpamMaterial *material, double number)
{
  return strchr (material->from, '@') == NULL;
}

static const char *
domain_of (const char *address)
{
  const char *at = strrchr (address, '@');

  return at != NULL ? at + 1 : "";
}

/* "support@bank.example" <who@elsewhere.example> */
static gboolean
name_is_other_address (const SpamMaterial *material, double number)
{
  const char *at = strchr (material->from_name, '@');

  if (at == NULL || at == material->from_name || !g_ascii_isalnum (at[1]))
    return FALSE;
  gsize length = strcspn (at + 1, " >\"')],;");
  const char *domain = domain_of (material->from);
  return memchr (at + 1, '.', length) != NULL
         && !(strlen (domain) == length && g_ascii_strncasecmp (domain, at + 1, length) == 0);
}

static gboolean
reply_to_differs (const SpamMaterial *material, double number)
{
  const char *list = message_letter_get_header (material->letter, "List-Id");

  return *material->reply_to != '\0' && *material->from != '\0' && list == NULL
         && !g_str_equal (domain_of (material->reply_to), domain_of (material->from));
}

static gboolean
from_has_digits (const SpamMaterial *material, double number)
{
  guint digits = 0;

  for (const char *at = material->from; *at != '\0' && *at != '@'; at++)
    digits += g_ascii_isdigit (*at) != 0;
  return digits >= number;
}

static gboolean
to_hidden (const SpamMaterial *material, double number)
{
  return message_letter_get_to (material->letter)->len == 0
         && message_letter_get_cc (material->letter)->len == 0;
}

static gboolean
to_many (const SpamMaterial *material, double number)
{
  return message_letter_get_to (material->letter)->len
             + message_letter_get_cc (material->letter)->len
         >= number;
}

/* ---- structure ---- */

static gboolean
html_only (const SpamMaterial *material, double number)
{
  return material->html != NULL && !material->has_text_part;
}

static gboolean
text_tiny (const SpamMaterial *material, double number)
{
  guint pictures = material->markup->images;
  GPtrArray *parts = message_letter_get_parts (material->letter);

  for (guint i = 0; i < parts->len; i++)
    pictures += g_str_has_prefix (message_part_get_content_type (parts->pdata[i]), "image/");
  return pictures > 0 && g_utf8_strlen (material->text, -1) < number;
}

static gboolean
hidden_text (const SpamMaterial *material, double number)
{
  return material->markup->hidden >= number;
}

static gboolean
words_cut_by_markup (const SpamMaterial *material, double number)
{
  return material->markup->comments_in_words >= number;
}

static gboolean
has_tag (const SpamMaterial *material, const char *tag)
{
  return g_ptr_array_find_with_equal_func (material->markup->tags, tag, g_str_equal, NULL);
}

static gboolean
html_form (const SpamMaterial *material, double number)
{
  return has_tag (material, "form") || has_tag (material, "input");
}

static gboolean
html_script (const SpamMaterial *material, double number)
{
  return has_tag (material, "script") || has_tag (material, "iframe")
         || has_tag (material, "object");
}

static gboolean
zero_width (const SpamMaterial *material, double number)
{
  const char *const texts[] = { material->subject, material->text };
  guint count = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      if (g_str_is_ascii (texts[i]))
        continue;
      /* Between the two they join emoji and the letters of some scripts. */
      gunichar before = 0;
      for (const char *at = texts[i]; *at != '\0'; at = g_utf8_next_char (at))
        {
          gunichar c = g_utf8_get_char (at);
          count += spam_is_zero_width (c) && before < 0x250 && g_unichar_isalpha (before);
          before = c;
        }
    }
  return count >= number;
}

static gboolean
dangerous_attachment (const SpamMaterial *material, double number)
{
  static const char *const endings[]
      = { ".exe", ".scr", ".pif", ".bat", ".cmd", ".com", ".vbs", ".vbe", ".js",  ".jse",
          ".wsf", ".hta", ".lnk", ".cpl", ".msi", ".jar", ".ps1", ".reg", ".iso", ".img" };
  GPtrArray *parts = message_letter_get_parts (material->letter);

  for (guint i = 0; i < parts->len; i++)
    {
      const char *name = message_part_get_file_name (parts->pdata[i]);
      g_autofree char *lower = name != NULL ? g_ascii_strdown (name, -1) : NULL;
      for (gsize n = 0; lower != NULL && n < G_N_ELEMENTS (endings); n++)
        if (g_str_has_suffix (lower, endings[n]))
          return TRUE;
    }
  return FALSE;
}

/* ---- links ---- */

static gboolean
link_to_number (const SpamMaterial *material, double number)
{
  for (guint i = 0; i < material->urls->len; i++)
    {
      g_autofree char *host = spam_url_dup_host (material->urls->pdata[i]);
      if (*host != '\0'
          && (g_hostname_is_ip_address (host) || strspn (host, "0123456789") == strlen (host)
              || (g_str_has_prefix (host, "0x") && strchr (host, '.') == NULL)))
        return TRUE;
    }
  return FALSE;
}

static gboolean
link_with_user (const SpamMaterial *material, double number)
{
  for (guint i = 0; i < material->urls->len; i++)
    {
      const char *url = material->urls->pdata[i];
      const char *start = strstr (url, "://");
      if (start != NULL && memchr (start + 3, '@', strcspn (start + 3, "/?#")) != NULL)
        return TRUE;
    }
  return FALSE;
}

static gboolean
links_many (const SpamMaterial *material, double number)
{
  return material->urls->len >= number;
}

/* The last two labels, or three where the second is short ("example.co.uk"). */
static const char *
site_of (const char *host)
{
  const char *dots[4] = { NULL };
  guint count = 0;

  for (const char *p = host + strlen (host); p > host && count < 3; p--)
    if (p[-1] == '.')
      dots[count++] = p;
  if (count < 2)
    return host;
  gsize second = (gsize) (dots[0] - 1 - dots[1]);
  return second > 3 ? dots[1] : count < 3 ? host : dots[2];
}

/* The words of a link are an address, and the link goes to another site. */
static gboolean
link_text_lies (const SpamMaterial *material, double number)
{
  GPtrArray *links = material->markup->links;

  for (guint i = 0; i < links->len; i++)
    {
      const SpamLink *link = g_ptr_array_index (links, i);
      g_autofree char *said = NULL;
      if (strchr (link->text, ' ') != NULL || *link->host == '\0')
        continue;
      if (strstr (link->text, "://") != NULL)
        said = spam_url_dup_host (link->text);
      else if (g_ascii_strncasecmp (link->text, "www.", 4) == 0)
        said = g_ascii_strdown (link->text, (gssize) strcspn (link->text, "/?#:"));
      if (said != NULL && *said != '\0' && !g_str_equal (site_of (said), site_of (link->host)))
        return TRUE;
    }
  return FALSE;
}

/* ---- the table ---- */

static const struct
{
  const char *name;
  SpamCheck check;
  double number;
  const char *summary;
} checks[] = {
  { "dangerous-attachment", dangerous_attachment, 0, "A program is attached" },
  { "from-digits", from_has_digits, 5, "The sender's address is full of digits" },
  { "from-empty", from_empty, 0, "The letter has no sender" },
  { "hidden-text", hidden_text, 1, "The letter has text that nobody can see" },
  { "html-form", html_form, 0, "The letter holds a form to fill in" },
  { "html-only", html_only, 0, "The letter is HTML without plain text" },
  { "html-script", html_script, 0, "The letter holds a script or a frame" },
  { "link-text-lies", link_text_lies, 0, "A link shows one address and goes to another" },
  { "link-to-number", link_to_number, 0, "A link goes to a number instead of a name" },
  { "link-with-user", link_with_user, 0, "A link hides its true host behind an @" },
  { "links-many", links_many, 20, "The letter has very many links" },
  { "name-is-other-address", name_is_other_address, 0,
    "The sender's name is an address of another domain" },
  { "reply-to-differs", reply_to_differs, 0, "Answers go to another domain than the sender's" },
  { "subject-empty", subject_empty, 0, "The letter has no subject" },
  { "subject-gap", subject_gap, 5, "The subject has a wide gap" },
  { "subject-upper", subject_upper, 8, "The subject is all in capitals" },
  { "text-tiny", text_tiny, 100, "Hardly any words beside a picture" },
  { "to-hidden", to_hidden, 0, "The letter is addressed to nobody" },
  { "to-many", to_many, 15, "The letter is addressed to very many people" },
  { "words-cut", words_cut_by_markup, 1, "Words are cut up by invisible markup" },
  { "zero-width", zero_width, 1, "Words are cut up by characters without width" },
};

SpamCheck
spam_check_find (const char *name, double *number, const char **summary)
{
  for (gsize i = 0; i < G_N_ELEMENTS (checks); i++)
    if (g_str_equal (checks[i].name, name))
      {
        *number = checks[i].number;
        *summary = checks[i].summary;
        return checks[i].check;
      }
  return NULL;
}

const char *
spam_check_get_name (guint index)
{
  return index < G_N_ELEMENTS (checks) ? checks[index].name : NULL;
}
