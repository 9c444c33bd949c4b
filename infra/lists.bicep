// Lists in parameters: azd gives a template texts alone, so that a list is a text with commas.

@export()
@description('The items of a comma list; spaces and empty items, such as that after a last comma, do not count.')
func itemsOf(list string) string[] => filter(split(replace(list, ' ', ''), ','), each => !empty(each))

@export()
@description('The settings of a comma list of NAME=VALUE; the deployment fails where an item has no =.')
func settingsOf(list string) { *: string } =>
  toObject(
    itemsOf(list),
    each => substring(each, 0, indexOf(each, '=')),
    each => substring(each, indexOf(each, '=') + 1)
  )
