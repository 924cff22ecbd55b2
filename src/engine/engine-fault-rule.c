/* SPDX-License-Identifier: MIT */
#define G_LOG_DOMAIN "postroom-engine"

#include "engine-fault-rule-private.h"

#include "engine-error.h"

#include <base-text.h>
#include <string.h>

#define MAX_LINE  1000
#define MAX_REPLY 400
#define MAX_DELAY (3600.0 * G_USEC_PER_SEC)

static const char *const smtp_commands[]
    = { "connect", "EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA",
        "END",     "RSET", "NOOP", "VRFY",     "EXPN", "HELP", "QUIT", NULL };
static const char *const pop3_commands[]
    = { "connect", "CAPA", "USER", "PASS", "AUTH", "STLS", "UTF8", "STAT", "LIST",
        "UIDL",    "RETR", "TOP",  "DELE", "NOOP", "RSET", "QUIT", NULL };

static gboolean
complain (GError **error, const char *word, const char *reason)
{
  g_autofree char *shown = base_text_escape (word, -1);

  g_set_error (error, ENGINE_ERROR, ENGINE_ERROR_INVALID, "“%s”: %s", shown, reason);
  return FALSE;
}

/* ---- numbers ---- */

static gboolean
read_number (const char *text, guint64 least, guint64 most, guint64 *value)
{
  return g_ascii_string_to_unsigned (text, 10, least, most, value, NULL);
}

/* "2000", "64k", "5M": octets. */
static gboolean
read_size (const char *text, guint64 *value)
{
  gsize length = strlen (text);
  guint64 factor = 1;

  if (length > 0 && (text[length - 1] == 'k' || text[length - 1] == 'K'))
    factor = 1024;
  else if (length > 0 && text[length - 1] == 'M')
    factor = 1024 * 1024;
  g_autofree char *digits = g_strndup (text, length - (factor > 1));
  if (!read_number (digits, 0, G_MAXUINT32, value))
    return FALSE;
  *value *= factor;
  return TRUE;
}

/* "2", "0.5", "1.5s", "200ms", "5m": microseconds. */
static gboolean
read_time (const char *text, guint64 *value)
{
  char *end = NULL;
  double number = g_ascii_strtod (text, &end);
  double unit = G_USEC_PER_SEC;

  if (end == text || !g_ascii_isdigit (*text))
    return FALSE;
  if (g_str_equal (end, "ms"))
    unit = 1000;
  else if (g_str_equal (end, "m"))
    unit = 60.0 * G_USEC_PER_SEC;
  else if (*end != '\0' && !g_str_equal (end, "s"))
    return FALSE;
  if (!(number * unit <= MAX_DELAY))
    return FALSE;
  *value = (guint64) (number * unit);
  return TRUE;
}

/* "0.25" or "25%". */
static gboolean
read_chance (const char *text, double *value)
{
  char *end = NULL;

  *value = g_ascii_strtod (text, &end);
  if (end == text || !(g_ascii_isdigit (*text) || *text == '.'))
    return FALSE;
  if (g_str_equal (end, "%"))
    *value /= 100;
  else if (*end != '\0')
    return FALSE;
  return *value >= 0 && *value <= 1;
}

/* ---- when ---- */

static const char *
find_command (const char *const *commands, const char *word)
{
  for (; *commands != NULL; commands++)
    if (g_ascii_strcasecmp (*commands, word) == 0)
      return *commands;
  return NULL;
}

static gboolean
take_protocol (EngineFaultRule *rule, const char *word, GError **error)
{
  gboolean any = g_ascii_strcasecmp (word, "any") == 0;

  rule->smtp = any || g_ascii_strcasecmp (word, "smtp") == 0;
  rule->pop3 = any || g_ascii_strcasecmp (word, "pop3") == 0;
  return rule->smtp || rule->pop3 || complain (error, word, "A rule begins with smtp, pop3 or any");
}

static gboolean
take_command (EngineFaultRule *rule, const char *word, GError **error)
{
  const char *smtp = find_command (smtp_commands, word);
  const char *pop3 = find_command (pop3_commands, word);

  if (g_str_equal (word, "*"))
    return TRUE;
  if ((rule->smtp && smtp == NULL) || (rule->pop3 && pop3 == NULL))
    return complain (error, word,
                     rule->smtp && rule->pop3 ? "Both protocols must know the command, or it is *"
                     : rule->smtp             ? "SMTP has no such command"
                                              : "POP3 has no such command");
  rule->command = smtp != NULL ? smtp : pop3;
  return TRUE;
}

static gboolean
take_pattern (GPatternSpec **pattern, const char *text)
{
  g_autofree char *folded = g_utf8_strdown (text, -1);

  if (*pattern != NULL || *folded == '\0')
    return FALSE;
  *pattern = g_pattern_spec_new (folded);
  return TRUE;
}

static gboolean
take_condition (EngineFaultRule *rule, const char *word, GError **error)
{
  const char *equals = strchr (word, '=');
  const char *value = equals != NULL ? equals + 1 : "";
  g_autofree char *name = g_strndup (word, equals != NULL ? (gsize) (equals - word) : 0);

  if (g_str_equal (name, "user"))
    return take_pattern (&rule->user, value) || complain (error, word, "Which user, once?");
  if (g_str_equal (name, "client"))
    return take_pattern (&rule->client, value) || complain (error, word, "Which address, once?");
  if (g_str_equal (name, "from"))
    return take_pattern (&rule->from, value) || complain (error, word, "Which sender, once?");
  if (g_str_equal (name, "to"))
    return take_pattern (&rule->to, value) || complain (error, word, "Which recipient, once?");
  if (g_str_equal (name, "nth"))
    return read_number (value, 1, G_MAXUINT32, &rule->nth)
           || complain (error, word, "A number from 1 is wanted");
  if (g_str_equal (name, "every"))
    return read_number (value, 1, G_MAXUINT32, &rule->every)
           || complain (error, word, "A number from 1 is wanted");
  if (g_str_equal (name, "chance"))
    return read_chance (value, &rule->chance)
           || complain (error, word, "A number from 0 to 1, or from 0% to 100%, is wanted");
  if (g_str_equal (name, "over"))
    return (read_size (value, &rule->over) && rule->over > 0)
           || complain (error, word, "A size such as 2000, 64k or 5M is wanted");
  if (g_str_equal (name, "under"))
    return (read_size (value, &rule->under) && rule->under > 0)
           || complain (error, word, "A size such as 2000, 64k or 5M is wanted");
  return complain (error, word,
                   "A condition is user=, client=, from=, to=, nth=, every=, chance=, over= or "
                   "under=, and => ends them");
}

/* What a command cannot know would never be matched, and nobody would know why. */
static gboolean
check_conditions (const EngineFaultRule *rule, GError **error)
{
  const char *command = rule->command != NULL ? rule->command : "*";
  static const char *const sized[] = { "MAIL", "RCPT", "DATA", "END", "RETR", "TOP", "*", NULL };
  static const char *const sent[] = { "MAIL", "RCPT", "DATA", "END", "*", NULL };

  if (rule->to != NULL && (rule->pop3 || !g_str_equal (command, "RCPT")))
    return complain (error, "to=", "Only “smtp RCPT” has a recipient");
  if (rule->from != NULL && (rule->pop3 || !g_strv_contains (sent, command)))
    return complain (error, "from=", "Only smtp MAIL, RCPT, DATA and END have a sender");
  if ((rule->over > 0 || rule->under > 0) && !g_strv_contains (sized, command))
    return complain (error, rule->over > 0 ? "over=" : "under=",
                     "Only MAIL, RCPT, DATA, END, RETR and TOP have a size");
  if (rule->user != NULL && g_str_equal (command, "connect"))
    return complain (error, "user=", "Who connects has not said who it is");
  return TRUE;
}

/* ---- what then ---- */

static gboolean
is_text (const char *text)
{
  for (; *text != '\0'; text++)
    if (!g_ascii_isprint (*text))
      return FALSE;
  return TRUE;
}

/* Takes "452" and, if it is there, "4.2.2"; *@rest is what stands behind. */
static gboolean
take_code (EngineFaultRule *rule, const char *words, const char **rest, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (words, " ", 3);
  guint64 code = 0;

  if (parts[0] == NULL || strlen (parts[0]) != 3 || !read_number (parts[0], 400, 559, &code)
      || code % 100 > 59)
    return complain (error, parts[0] != NULL ? parts[0] : "reply",
                     "A reply has a code from 400 to 459 or from 500 to 559");
  rule->code = (guint) code;
  *rest = words + 3;
  *rest += strspn (*rest, " ");
  if (parts[1] == NULL
      || !g_regex_match_simple ("^[0-9]+\\.[0-9]+\\.[0-9]+$", parts[1], G_REGEX_DEFAULT, 0))
    return TRUE;
  if (!g_regex_match_simple ("^[45]\\.[0-9]{1,3}\\.[0-9]{1,3}$", parts[1], G_REGEX_DEFAULT, 0)
      || parts[1][0] != parts[0][0])
    return complain (error, parts[1], "The enhanced code must be of the code's own class");
  rule->enhanced = g_strdup (parts[1]);
  *rest += strlen (parts[1]);
  *rest += strspn (*rest, " ");
  return TRUE;
}

static gboolean
take_reply (EngineFaultRule *rule, const char *words, GError **error)
{
  if (rule->smtp && rule->pop3)
    return complain (error, "reply", "Say smtp or pop3: their replies have not the same form");
  if (strlen (words) > MAX_REPLY || !is_text (words))
    return complain (error, words, "A reply is one short line of ASCII");
  if (rule->smtp && !take_code (rule, words, &words, error))
    return FALSE;
  if (rule->pop3)
    {
      if (!g_str_has_prefix (words, "-ERR") || (words[4] != '\0' && words[4] != ' '))
        return complain (error, *words != '\0' ? words : "reply", "A reply of POP3 is -ERR text");
      words += 4;
      words += strspn (words, " ");
    }
  rule->reply = g_strdup (*words != '\0' ? words : "A fault on demand");
  return TRUE;
}

static gboolean
take_drop (EngineFaultRule *rule, const char *words, GError **error)
{
  const char *command = rule->command != NULL ? rule->command : "*";
  gboolean letter = !(rule->smtp && rule->pop3)
                    && (g_str_equal (command, "DATA") || g_str_equal (command, "RETR")
                        || g_str_equal (command, "TOP"));

  if (*words == '\0')
    return TRUE;
  if (!letter)
    return complain (error, words, "Only smtp DATA, pop3 RETR and pop3 TOP can drop after octets");
  return read_size (words, &rule->amount)
         || complain (error, words, "A size such as 2000, 64k or 5M is wanted");
}

static gboolean
take_truncate (EngineFaultRule *rule, const char *words, GError **error)
{
  if (rule->smtp
      || (g_strcmp0 (rule->command, "RETR") != 0 && g_strcmp0 (rule->command, "TOP") != 0))
    return complain (error, "truncate", "Only pop3 RETR and pop3 TOP send a letter");
  return read_size (words, &rule->amount)
         || complain (error, *words != '\0' ? words : "truncate",
                      "A size such as 2000, 64k or 5M is wanted");
}

static gboolean
take_greylist (EngineFaultRule *rule, const char *words, GError **error)
{
  if (rule->pop3 || g_strcmp0 (rule->command, "RCPT") != 0)
    return complain (error, "greylist", "Only smtp RCPT has a sender and a recipient");
  return read_time (words, &rule->amount)
         || complain (error, *words != '\0' ? words : "greylist",
                      "A time such as 2, 200ms or 5m is wanted, an hour at most");
}

static gboolean
take_delay (EngineFaultRule *rule, const char *words, GError **error)
{
  return read_time (words, &rule->amount)
         || complain (error, *words != '\0' ? words : "delay",
                      "A time such as 2, 200ms or 5m is wanted, an hour at most");
}

static gboolean
take_throttle (EngineFaultRule *rule, const char *words, GError **error)
{
  return (read_size (words, &rule->amount) && rule->amount > 0)
         || complain (error, *words != '\0' ? words : "throttle",
                      "Octets per second are wanted, such as 100 or 64k");
}

static gboolean
take_half_close (EngineFaultRule *rule, const char *words, GError **error)
{
  return *words == '\0' || complain (error, words, "Nothing comes behind half-close");
}

static const struct
{
  const char *name;
  EngineFaultAction action;
  gboolean (*take) (EngineFaultRule *rule, const char *words, GError **error);
} actions[] = {
  { "reply", ENGINE_FAULT_REPLY, take_reply },
  { "delay", ENGINE_FAULT_DELAY, take_delay },
  { "throttle", ENGINE_FAULT_THROTTLE, take_throttle },
  { "drop", ENGINE_FAULT_DROP, take_drop },
  { "half-close", ENGINE_FAULT_HALF_CLOSE, take_half_close },
  { "truncate", ENGINE_FAULT_TRUNCATE, take_truncate },
  { "greylist", ENGINE_FAULT_GREYLIST, take_greylist },
};

static gboolean
take_action (EngineFaultRule *rule, const char *words, GError **error)
{
  gsize length = strcspn (words, " ");
  const char *rest = words + length + strspn (words + length, " ");
  g_autofree char *name = g_strndup (words, length);

  for (gsize i = 0; i < G_N_ELEMENTS (actions); i++)
    if (g_str_equal (name, actions[i].name))
      {
        rule->action = actions[i].action;
        return actions[i].take (rule, rest, error);
      }
  return complain (
      error, name,
      "Behind => comes reply, delay, throttle, drop, half-close, truncate or greylist");
}

/* ---- the line ---- */

static gboolean
take_conditions (EngineFaultRule *rule, const char *text, GError **error)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  guint place = 0;

  for (guint i = 0; words[i] != NULL; i++)
    {
      gboolean good = TRUE;

      if (*words[i] == '\0')
        continue;
      if (place == 0)
        good = take_protocol (rule, words[i], error);
      else if (place == 1)
        good = take_command (rule, words[i], error);
      else
        good = take_condition (rule, words[i], error);
      if (!good)
        return FALSE;
      place++;
    }
  if (place < 2)
    return complain (error, text, "A rule begins with a protocol and a command, or *");
  return check_conditions (rule, error);
}

static void
rule_clear (gpointer data)
{
  EngineFaultRule *rule = data;

  g_clear_pointer (&rule->user, g_pattern_spec_free);
  g_clear_pointer (&rule->client, g_pattern_spec_free);
  g_clear_pointer (&rule->from, g_pattern_spec_free);
  g_clear_pointer (&rule->to, g_pattern_spec_free);
  g_free (rule->text);
  g_free (rule->enhanced);
  g_free (rule->reply);
}

EngineFaultRule *
engine_fault_rule_parse (const char *line, GError **error)
{
  g_autoptr (EngineFaultRule) rule = g_atomic_rc_box_new0 (EngineFaultRule);
  const char *arrow = strstr (line, "=>");
  g_autofree char *when = NULL;
  g_autofree char *then = NULL;

  rule->chance = -1;
  if (strlen (line) > MAX_LINE)
    {
      complain (error, "…", "A rule is at most 1,000 octets long");
      return NULL;
    }
  if (!g_utf8_validate (line, -1, NULL))
    {
      complain (error, line, "This is not valid UTF-8");
      return NULL;
    }
  rule->text = g_strdelimit (g_strstrip (g_strdup (line)), "\t", ' ');
  if (arrow == NULL)
    {
      complain (error, rule->text, "There is no => with what is to happen");
      return NULL;
    }
  when = g_strdelimit (g_strstrip (g_strndup (line, (gsize) (arrow - line))), "\t", ' ');
  then = g_strdelimit (g_strstrip (g_strdup (arrow + 2)), "\t", ' ');
  if (!take_conditions (rule, when, error) || !take_action (rule, then, error))
    return NULL;
  return g_steal_pointer (&rule);
}

EngineFaultRule *
engine_fault_rule_ref (EngineFaultRule *rule)
{
  return g_atomic_rc_box_acquire (rule);
}

void
engine_fault_rule_unref (EngineFaultRule *rule)
{
  g_atomic_rc_box_release_full (rule, rule_clear);
}
