"""Labels of pictures: formats with readers and writers, names of classes, import, the store that people label in."""
