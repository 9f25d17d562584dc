// This device's own camera as the source: a picture at a time, the next one when the server has taken the one before.

const WIDTH = 960, QUALITY = 0.7, LEAST_GAP_MS = 60, AGAIN_MS = 1500;
const byId = (id) => document.getElementById(id);

export class Phone {
  constructor(tell) {
    this.tell = tell;
    this.isOn = false;
    this.video = document.createElement("video");
    Object.assign(this.video, { id: "own-camera", muted: true, playsInline: true });
    document.body.append(this.video); // some browsers play no video outside of the page
    this.canvas = document.createElement("canvas");
    byId("phone").addEventListener("click", () => (this.isOn ? this.stop() : this.start()));
    // A phone that slept has lost its camera and its connection: both are taken up again when it wakes.
    document.addEventListener("visibilitychange", () => this.isOn && document.visibilityState === "visible" && this.resume());
  }

  offer(isPhone) {
    byId("phone").hidden = !isPhone;
  }

  async start() {
    if (!navigator.mediaDevices) return this.tell("The browser gives out the camera over https only: start with --tls-self-signed, or with --camera phone.", "problem");
    this.isOn = true;
    this.render();
    if (await this.openCamera()) this.connect();
  }

  stop() {
    this.isOn = false;
    this.stream?.getTracks().forEach((track) => track.stop());
    this.socket?.close();
    this.lock?.release().catch(() => null);
    this.render();
  }

  async openCamera() {
    const wishes = { audio: false, video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } } };
    try {
      this.stream = await navigator.mediaDevices.getUserMedia(wishes);
      this.video.srcObject = this.stream;
      await this.video.play();
    } catch (error) {
      this.stop();
      this.tell(`The camera cannot be used: ${error.name === "NotAllowedError" ? "allow it for this page in the browser's settings" : error.message}`, "problem");
      return false;
    }
    this.lock = await navigator.wakeLock?.request("screen").catch(() => null);
    return true;
  }

  async resume() {
    const isAlive = this.stream?.getTracks().some((track) => track.readyState === "live" && !track.muted);
    if (!isAlive && !(await this.openCamera())) return;
    if (this.video.paused) await this.video.play().catch(() => null);
    if (this.socket?.readyState !== WebSocket.OPEN) this.connect();
  }

  connect() {
    if (!this.isOn || this.socket?.readyState === WebSocket.CONNECTING) return;
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/camera`);
    this.socket = socket;
    socket.onopen = () => this.send(socket);
    socket.onmessage = () => this.send(socket);
    socket.onclose = ({ code, reason }) => {
      if (socket !== this.socket || !this.isOn) return;
      if (code === 4001) {
        this.stop();
        this.tell(reason, "problem");
      } else setTimeout(() => document.visibilityState === "visible" && this.connect(), AGAIN_MS);
    };
  }

  async send(socket) {
    const waitMs = (this.sentMs ?? 0) + LEAST_GAP_MS - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const { videoWidth, videoHeight } = this.video;
    if (!this.isOn || socket.readyState !== WebSocket.OPEN) return;
    if (!videoWidth) return void setTimeout(() => this.send(socket), 100);
    const scale = Math.min(1, WIDTH / Math.max(videoWidth, videoHeight));
    [this.canvas.width, this.canvas.height] = [Math.round(videoWidth * scale), Math.round(videoHeight * scale)];
    this.sentMs = performance.now();
    this.canvas.getContext("2d").drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    const jpeg = await new Promise((resolve) => this.canvas.toBlob(resolve, "image/jpeg", QUALITY));
    if (!jpeg || socket.readyState !== WebSocket.OPEN) return;
    const clock = new DataView(new ArrayBuffer(8));
    clock.setFloat64(0, this.sentMs);
    socket.send(new Blob([clock.buffer, jpeg]));
  }

  // From the moment this device took a picture until it is drawn here with its boxes.
  delayOf(header) {
    return this.isOn && header.sent_ms !== undefined ? Math.round(performance.now() - header.sent_ms) : null;
  }

  render() {
    byId("phone").setAttribute("aria-pressed", String(this.isOn));
    byId("phone").lastElementChild.textContent = this.isOn ? "Stop this camera" : "Use this camera";
  }
}
