// SPDX-License-Identifier: MIT
// npm's smtp-server, which stores nothing by itself, with what a careful user of it would write: each
// letter in a file of its own, synced before the 250. Arguments: the folder and the port.
const fs = require('fs');
const path = require('path');
const { SMTPServer } = require('smtp-server');

const [folder, port] = process.argv.slice(2);
let count = 0;

function write(file, pieces, callback) {
  fs.open(file, 'wx', (error, fd) => {
    if (error) return callback(error);
    return fs.writev(fd, pieces, (failed) => {
      if (failed) return callback(failed);
      return fs.fdatasync(fd, (unsynced) => {
        fs.close(fd, () => callback(unsynced));
      });
    });
  });
}

const server = new SMTPServer({
  logger: false,
  authOptional: true,
  disabledCommands: ['AUTH', 'STARTTLS'],
  disableReverseLookup: true,
  onData(stream, session, callback) {
    const pieces = [];
    stream.on('data', (piece) => pieces.push(piece));
    stream.on('end', () => {
      count += 1;
      write(path.join(folder, `${count}.eml`), pieces, callback);
    });
  },
});
server.on('error', (error) => console.error(error.message));
server.listen(Number(port), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
