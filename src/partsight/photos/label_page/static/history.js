// Undo and redo for one photo: whole states, which are small and never changed in place.

export class History {
  constructor(first) {
    this.past = [];
    this.now = first;
    this.future = [];
  }

  push(state) {
    this.past.push(this.now);
    this.now = state;
    this.future = [];
  }

  undo() {
    if (!this.past.length) return false;
    this.future.push(this.now);
    this.now = this.past.pop();
    return true;
  }

  redo() {
    if (!this.future.length) return false;
    this.past.push(this.now);
    this.now = this.future.pop();
    return true;
  }
}
