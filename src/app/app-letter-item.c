/* SPDX-License-Identifier: MIT */
#include "app-letter-item.h"

#include "app-folder.h"
#include "app-text.h"

#include <glib/gi18n.h>

struct _AppLetterItem
{
  GObject parent_instance;

  gint64 id;
  StoreLetter *letter;
  guint64 stamp;
  char *who;
  char *when;
  char *note;
  gboolean problem;
};

enum
{
  PROP_WHO = 1,
  PROP_SUBJECT,
  PROP_SNIPPET,
  PROP_WHEN,
  PROP_UNREAD,
  PROP_ANSWERED,
  PROP_ATTACHMENTS,
  PROP_PROBLEM,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (AppLetterItem, app_letter_item, G_TYPE_OBJECT)

static const char *
pick_subject (AppLetterItem *self)
{
  if (!self->letter)
    return "";
  return self->letter->subject && *self->letter->subject ? self->letter->subject : _ ("No subject");
}

static const char *
pick_snippet (AppLetterItem *self)
{
  if (self->note)
    return self->note;
  return self->letter && self->letter->snippet ? self->letter->snippet : "";
}

static char *
make_who (const StoreLetter *letter)
{
  g_autofree char *names = NULL;

  if (!app_folder_shows_recipients (letter->folder))
    {
      names = app_text_names (letter->from);
      return *names ? g_steal_pointer (&names) : g_strdup (_ ("Unknown sender"));
    }
  names = app_text_names (letter->to);
  /* Translators: the recipients of a letter */
  return *names ? g_strdup_printf (_ ("To %s"), names) : g_strdup (_ ("No recipient"));
}

static void
app_letter_item_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  AppLetterItem *self = APP_LETTER_ITEM (object);
  const StoreLetter *letter = self->letter;

  switch (id)
    {
    case PROP_WHO:
      g_value_set_string (value, self->who ? self->who : "");
      break;
    case PROP_SUBJECT:
      g_value_set_string (value, pick_subject (self));
      break;
    case PROP_SNIPPET:
      g_value_set_string (value, pick_snippet (self));
      break;
    case PROP_WHEN:
      g_value_set_string (value, self->when ? self->when : "");
      break;
    case PROP_UNREAD:
      g_value_set_boolean (value, letter && !letter->seen);
      break;
    case PROP_ANSWERED:
      g_value_set_boolean (value, letter && letter->answered);
      break;
    case PROP_ATTACHMENTS:
      g_value_set_boolean (value, letter && letter->has_attachments);
      break;
    case PROP_PROBLEM:
      g_value_set_boolean (value, self->problem);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
app_letter_item_finalize (GObject *object)
{
  AppLetterItem *self = APP_LETTER_ITEM (object);

  g_clear_pointer (&self->letter, store_letter_free);
  g_free (self->who);
  g_free (self->when);
  g_free (self->note);
  G_OBJECT_CLASS (app_letter_item_parent_class)->finalize (object);
}

static void
app_letter_item_class_init (AppLetterItemClass *class)
{
  GObjectClass *object = G_OBJECT_CLASS (class);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object->get_property = app_letter_item_get_property;
  object->finalize = app_letter_item_finalize;

  properties[PROP_WHO] = g_param_spec_string ("who", NULL, NULL, "", flags);
  properties[PROP_SUBJECT] = g_param_spec_string ("subject", NULL, NULL, "", flags);
  properties[PROP_SNIPPET] = g_param_spec_string ("snippet", NULL, NULL, "", flags);
  properties[PROP_WHEN] = g_param_spec_string ("when", NULL, NULL, "", flags);
  properties[PROP_UNREAD] = g_param_spec_boolean ("unread", NULL, NULL, FALSE, flags);
  properties[PROP_ANSWERED] = g_param_spec_boolean ("answered", NULL, NULL, FALSE, flags);
  properties[PROP_ATTACHMENTS] = g_param_spec_boolean ("attachments", NULL, NULL, FALSE, flags);
  properties[PROP_PROBLEM] = g_param_spec_boolean ("problem", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object, N_PROPS, properties);
}

static void
app_letter_item_init (AppLetterItem *self)
{
}

AppLetterItem *
app_letter_item_new (gint64 id)
{
  AppLetterItem *self = g_object_new (APP_TYPE_LETTER_ITEM, NULL);

  self->id = id;
  return self;
}

gint64
app_letter_item_get_id (AppLetterItem *item)
{
  return item->id;
}

const StoreLetter *
app_letter_item_get_letter (AppLetterItem *item)
{
  return item->letter;
}

void
app_letter_item_set_letter (AppLetterItem *item, const StoreLetter *letter, guint64 stamp)
{
  g_autoptr (StoreLetter) old = item->letter;
  g_autofree char *when = app_text_short_date (letter->date);

  if (old && stamp < item->stamp)
    {
      g_steal_pointer (&old);
      return;
    }
  item->stamp = stamp;
  item->letter = store_letter_copy (letter);

  /* All rows are read again when one letter comes or goes: who stays as he was costs nothing. */
  g_object_freeze_notify (G_OBJECT (item));
  if (!old || g_strcmp0 (old->from, letter->from) != 0 || g_strcmp0 (old->to, letter->to) != 0)
    {
      g_free (item->who);
      item->who = make_who (letter);
      g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_WHO]);
    }
  if (g_strcmp0 (item->when, when) != 0)
    {
      g_free (item->when);
      item->when = g_steal_pointer (&when);
      g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_WHEN]);
    }
  if (!old || g_strcmp0 (old->subject, letter->subject) != 0)
    g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_SUBJECT]);
  if (!old || g_strcmp0 (old->snippet, letter->snippet) != 0)
    g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_SNIPPET]);
  if (!old || old->has_attachments != letter->has_attachments)
    g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_ATTACHMENTS]);
  if (!old || old->seen != letter->seen)
    g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_UNREAD]);
  if (!old || old->answered != letter->answered)
    g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_ANSWERED]);
  g_object_thaw_notify (G_OBJECT (item));
}

void
app_letter_item_set_note (AppLetterItem *item, const char *note, gboolean problem)
{
  if (g_strcmp0 (item->note, note) != 0)
    {
      g_free (item->note);
      item->note = g_strdup (note);
      g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_SNIPPET]);
    }
  if (item->problem != problem)
    {
      item->problem = problem;
      g_object_notify_by_pspec (G_OBJECT (item), properties[PROP_PROBLEM]);
    }
}
