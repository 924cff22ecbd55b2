/* SPDX-License-Identifier: MIT */
#include "app-letter-row.h"

struct _AppLetterRow
{
  GtkWidget parent_instance;

  AppLetterItem *item;
  guint position;
};

enum
{
  PROP_ITEM = 1,
  PROP_POSITION,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (AppLetterRow, app_letter_row, GTK_TYPE_WIDGET)

static void
set_class (AppLetterRow *self, const char *name, const char *property)
{
  gboolean on = FALSE;

  if (self->item)
    g_object_get (self->item, property, &on, NULL);
  if (on)
    gtk_widget_add_css_class (GTK_WIDGET (self), name);
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), name);
}

static void
on_item_changed (AppLetterRow *self)
{
  set_class (self, "unread", "unread");
  set_class (self, "problem", "problem");
}

static void
set_item (AppLetterRow *self, AppLetterItem *item)
{
  if (self->item == item)
    return;
  if (self->item)
    g_signal_handlers_disconnect_by_func (self->item, on_item_changed, self);
  g_set_object (&self->item, item);
  if (item)
    {
      g_signal_connect_object (item, "notify::unread", G_CALLBACK (on_item_changed), self,
                               G_CONNECT_SWAPPED);
      g_signal_connect_object (item, "notify::problem", G_CALLBACK (on_item_changed), self,
                               G_CONNECT_SWAPPED);
    }
  on_item_changed (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ITEM]);
}

static void
app_letter_row_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  AppLetterRow *self = APP_LETTER_ROW (object);

  switch (id)
    {
    case PROP_ITEM:
      g_value_set_object (value, self->item);
      break;
    case PROP_POSITION:
      g_value_set_uint (value, self->position);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
app_letter_row_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  AppLetterRow *self = APP_LETTER_ROW (object);

  switch (id)
    {
    case PROP_ITEM:
      set_item (self, g_value_get_object (value));
      break;
    case PROP_POSITION:
      self->position = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
app_letter_row_dispose (GObject *object)
{
  GtkWidget *child;

  set_item (APP_LETTER_ROW (object), NULL);
  while ((child = gtk_widget_get_first_child (GTK_WIDGET (object))))
    gtk_widget_unparent (child);
  G_OBJECT_CLASS (app_letter_row_parent_class)->dispose (object);
}

static void
app_letter_row_class_init (AppLetterRowClass *class)
{
  GObjectClass *object = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  object->get_property = app_letter_row_get_property;
  object->set_property = app_letter_row_set_property;
  object->dispose = app_letter_row_dispose;

  properties[PROP_ITEM]
      = g_param_spec_object ("item", NULL, NULL, APP_TYPE_LETTER_ITEM,
                             G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  properties[PROP_POSITION] = g_param_spec_uint ("position", NULL, NULL, 0, G_MAXUINT, 0,
                                                 G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object, N_PROPS, properties);

  gtk_widget_class_set_layout_manager_type (widget, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name (widget, "letter");
  gtk_widget_class_set_template_from_resource (widget,
                                               "/io/github/postroom/Postroom/app-letter-row.ui");
}

static void
app_letter_row_init (AppLetterRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

guint
app_letter_row_get_position (AppLetterRow *row)
{
  return row->position;
}
