'use strict';
const express = require('express');

const app = express();
app.get('/', (_request, response) => response.send('hello'));
app.listen(Number(process.env.PORT), '127.0.0.1');

if (process.send) require('./answer-parent.cjs');
