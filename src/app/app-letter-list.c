/* SPDX-License-Identifier: MIT */
#include "app-letter-list.h"

#include "app-folder.h"
#include "app-letter-row.h"

#include <glib/gi18n.h>

struct _AppLetterList
{
  AdwBin parent_instance;

  AppLetterModel *model;
  GtkMultiSelection *selection;
  GArray *selected; /* of gint64: as last told */
  int step;         /* asked for while the letters were still being looked for */
  gboolean disposed;

  GtkStack *stack;
  GtkListView *view;
  AdwStatusPage *empty;
  GtkPopover *menu;
};

enum
{
  SELECTION_CHANGED,
  ACTIVATED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (AppLetterList, app_letter_list, ADW_TYPE_BIN)

static void
update_empty (AppLetterList *self)
{
  StoreFolder folder = app_letter_model_get_folder (self->model);
  gboolean searched = app_letter_model_get_query (self->model) != NULL;

  adw_status_page_set_icon_name (self->empty, searched ? "system-search-symbolic"
                                                       : app_folder_get_icon (folder));
  adw_status_page_set_title (self->empty, searched ? _ ("No Letters Found")
                                                   : app_folder_get_empty_title (folder));
  adw_status_page_set_description (self->empty, searched ? _ ("Try other words, or another folder")
                                                         : app_folder_get_empty_words (folder));
}

static void
update_page (AppLetterList *self)
{
  const char *page = "loading";

  if (self->model && g_list_model_get_n_items (G_LIST_MODEL (self->model)) > 0)
    page = "letters";
  else if (self->model && app_letter_model_is_loaded (self->model))
    page = "empty";
  gtk_stack_set_visible_child_name (self->stack, page);
}

/* Rows that come and go around the selection do not change it. */
static void
update_selection (AppLetterList *self)
{
  g_autoptr (GArray) now = NULL;

  if (self->disposed)
    return;
  now = app_letter_list_dup_selected (self);
  if (now->len == self->selected->len
      && (now->len == 0
          || memcmp (now->data, self->selected->data, now->len * sizeof (gint64)) == 0))
    return;
  g_array_unref (self->selected);
  self->selected = g_steal_pointer (&now);
  g_signal_emit (self, signals[SELECTION_CHANGED], 0);
}

static void
on_items_changed (AppLetterList *self)
{
  update_page (self);
  update_selection (self);
}

static void
on_settled (AppLetterList *self)
{
  int step = self->step;

  if (step == 0 || !app_letter_model_is_settled (self->model))
    return;
  self->step = 0;
  app_letter_list_step (self, step);
}

static void
on_activate (GtkListView *view, guint position, AppLetterList *self)
{
  g_autoptr (AppLetterItem) item = g_list_model_get_item (G_LIST_MODEL (self->selection), position);

  if (item)
    g_signal_emit (self, signals[ACTIVATED], 0, item);
}

static void
on_pressed (GtkGestureClick *gesture, int n_press, double x, double y, AppLetterList *self)
{
  GtkWidget *picked = gtk_widget_pick (GTK_WIDGET (self->view), x, y, GTK_PICK_DEFAULT);
  GtkWidget *row = picked ? gtk_widget_get_ancestor (picked, APP_TYPE_LETTER_ROW) : NULL;
  guint position;

  /* The padding around a row belongs to the list's own item widget. */
  if (!row && picked && APP_IS_LETTER_ROW (gtk_widget_get_first_child (picked)))
    row = gtk_widget_get_first_child (picked);
  if (!row)
    return;
  position = app_letter_row_get_position (APP_LETTER_ROW (row));
  if (!gtk_selection_model_is_selected (GTK_SELECTION_MODEL (self->selection), position))
    gtk_selection_model_select_item (GTK_SELECTION_MODEL (self->selection), position, TRUE);
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  gtk_popover_set_pointing_to (self->menu, &(GdkRectangle){ (int) x, (int) y, 1, 1 });
  gtk_popover_popup (self->menu);
}

static void
let_go (AppLetterList *self)
{
  if (self->model)
    {
      g_signal_handlers_disconnect_by_data (self->model, self);
      g_signal_handlers_disconnect_by_data (self->selection, self);
    }
  gtk_list_view_set_model (self->view, NULL);
  g_clear_object (&self->selection);
  g_clear_object (&self->model);
}

/* Silent: who would listen is being taken apart, too. */
static void
app_letter_list_dispose (GObject *object)
{
  AppLetterList *self = APP_LETTER_LIST (object);

  /* Nobody is told any more: what would listen may be gone already. */
  self->disposed = TRUE;
  if (self->view)
    let_go (self);
  if (self->menu)
    gtk_widget_unparent (GTK_WIDGET (self->menu));
  self->menu = NULL;
  self->view = NULL;
  G_OBJECT_CLASS (app_letter_list_parent_class)->dispose (object);
}

static void
app_letter_list_finalize (GObject *object)
{
  AppLetterList *self = APP_LETTER_LIST (object);

  g_clear_object (&self->model);
  g_clear_object (&self->selection);
  g_array_unref (self->selected);
  G_OBJECT_CLASS (app_letter_list_parent_class)->finalize (object);
}

static void
app_letter_list_class_init (AppLetterListClass *class)
{
  GObjectClass *object = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget = GTK_WIDGET_CLASS (class);

  object->dispose = app_letter_list_dispose;
  object->finalize = app_letter_list_finalize;
  signals[SELECTION_CHANGED]
      = g_signal_new ("selection-changed", APP_TYPE_LETTER_LIST, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                      NULL, G_TYPE_NONE, 0);
  signals[ACTIVATED] = g_signal_new ("activated", APP_TYPE_LETTER_LIST, G_SIGNAL_RUN_LAST, 0, NULL,
                                     NULL, NULL, G_TYPE_NONE, 1, APP_TYPE_LETTER_ITEM);

  g_type_ensure (APP_TYPE_LETTER_ROW);
  g_type_ensure (APP_TYPE_LETTER_ITEM);
  gtk_widget_class_set_template_from_resource (widget,
                                               "/io/github/postroom/Postroom/app-letter-list.ui");
  gtk_widget_class_bind_template_child (widget, AppLetterList, stack);
  gtk_widget_class_bind_template_child (widget, AppLetterList, view);
  gtk_widget_class_bind_template_child (widget, AppLetterList, empty);
  gtk_widget_class_bind_template_child (widget, AppLetterList, menu);
  gtk_widget_class_bind_template_callback (widget, on_activate);
  gtk_widget_class_bind_template_callback (widget, on_pressed);
}

static void
app_letter_list_init (AppLetterList *self)
{
  self->selected = g_array_new (FALSE, FALSE, sizeof (gint64));
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_widget_set_parent (GTK_WIDGET (self->menu), GTK_WIDGET (self->view));
}

void
app_letter_list_set_model (AppLetterList *list, AppLetterModel *model)
{
  let_go (list);
  list->step = 0;
  g_set_object (&list->model, model);
  if (model)
    {
      update_empty (list);
      g_signal_connect_object (model, "notify::query", G_CALLBACK (update_empty), list,
                               G_CONNECT_SWAPPED);
      list->selection = gtk_multi_selection_new (G_LIST_MODEL (g_object_ref (model)));
      g_signal_connect_object (model, "notify::loaded", G_CALLBACK (update_page), list,
                               G_CONNECT_SWAPPED);
      g_signal_connect_object (model, "notify::settled", G_CALLBACK (on_settled), list,
                               G_CONNECT_SWAPPED);
      g_signal_connect_object (list->selection, "items-changed", G_CALLBACK (on_items_changed),
                               list, G_CONNECT_SWAPPED);
      g_signal_connect_object (list->selection, "selection-changed", G_CALLBACK (update_selection),
                               list, G_CONNECT_SWAPPED);
      gtk_list_view_set_model (list->view, GTK_SELECTION_MODEL (list->selection));
    }
  update_page (list);
  update_selection (list);
}

AppLetterModel *
app_letter_list_get_model (AppLetterList *list)
{
  return list->model;
}

GtkListView *
app_letter_list_get_view (AppLetterList *list)
{
  return list->view;
}

GArray *
app_letter_list_dup_selected (AppLetterList *list)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GtkBitset) set = NULL;
  GtkBitsetIter iter;
  guint position;

  if (!list->selection)
    return ids;
  set = gtk_selection_model_get_selection (GTK_SELECTION_MODEL (list->selection));
  for (gboolean more = gtk_bitset_iter_init_first (&iter, set, &position); more;
       more = gtk_bitset_iter_next (&iter, &position))
    {
      gint64 id = app_letter_model_get_id (list->model, position);

      g_array_append_val (ids, id);
    }
  return ids;
}

AppLetterItem *
app_letter_list_dup_item (AppLetterList *list)
{
  g_autoptr (GtkBitset) set = NULL;

  if (!list->selection)
    return NULL;
  set = gtk_selection_model_get_selection (GTK_SELECTION_MODEL (list->selection));
  if (gtk_bitset_get_size (set) != 1)
    return NULL;
  return g_list_model_get_item (G_LIST_MODEL (list->model), gtk_bitset_get_minimum (set));
}

void
app_letter_list_select (AppLetterList *list, guint position)
{
  if (!list->selection || position >= g_list_model_get_n_items (G_LIST_MODEL (list->model)))
    return;
  gtk_selection_model_select_item (GTK_SELECTION_MODEL (list->selection), position, TRUE);
  gtk_widget_activate_action (GTK_WIDGET (list->view), "list.scroll-to-item", "u", position);
}

void
app_letter_list_unselect_all (AppLetterList *list)
{
  if (list->selection)
    gtk_selection_model_unselect_all (GTK_SELECTION_MODEL (list->selection));
}

void
app_letter_list_step (AppLetterList *list, int by)
{
  g_autoptr (GtkBitset) set = NULL;

  if (!list->selection)
    return;
  if (!app_letter_model_is_settled (list->model))
    {
      list->step = by;
      return;
    }
  set = gtk_selection_model_get_selection (GTK_SELECTION_MODEL (list->selection));
  if (gtk_bitset_is_empty (set))
    app_letter_list_select (list, 0);
  else if (by > 0)
    app_letter_list_select (list, gtk_bitset_get_maximum (set) + 1);
  else if (gtk_bitset_get_minimum (set) > 0)
    app_letter_list_select (list, gtk_bitset_get_minimum (set) - 1);
}

void
app_letter_list_select_neighbour (AppLetterList *list)
{
  g_autoptr (GtkBitset) set = NULL;
  guint after;

  if (!list->selection)
    return;
  set = gtk_selection_model_get_selection (GTK_SELECTION_MODEL (list->selection));
  if (gtk_bitset_is_empty (set))
    return;
  after = gtk_bitset_get_maximum (set) + 1;
  if (after < g_list_model_get_n_items (G_LIST_MODEL (list->model)))
    app_letter_list_select (list, after);
  else if (gtk_bitset_get_minimum (set) > 0)
    app_letter_list_select (list, gtk_bitset_get_minimum (set) - 1);
  else
    app_letter_list_unselect_all (list);
}
