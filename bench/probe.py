"""The client of the benchmarks: probe.py CONNINFO...

One thread a member tries to write to it, all the time, and prints a line for each acknowledged row: the member's index,
the row, and when the connection was made, the row was sent and it was acknowledged (CLOCK_MONOTONIC, ns). A member in
recovery is asked whether it still is, each 2 ms, so what is seen has a resolution of less than 5 ms. Ends with its
standard input.
"""

import itertools
import os
import sys
import threading
import time

import psycopg2

PERIOD = 0.002
RECONNECT = 0.004
now = time.monotonic_ns


def probe(index, conninfo, rows):
    while True:
        try:
            connection = psycopg2.connect(conninfo)
            connection.autocommit = True
            connected = now()
            cursor = connection.cursor()
            # Asked first only to keep the replicas' logs readable.
            while True:
                cursor.execute("SELECT pg_is_in_recovery()")
                if not cursor.fetchone()[0]:
                    break
                time.sleep(PERIOD)
            while True:
                row = next(rows)
                sent = now()
                cursor.execute("INSERT INTO bench_rows VALUES (%s)", (row,))
                os.write(1, f"{index} {row} {connected} {sent} {now()}\n".encode())
                time.sleep(PERIOD)
        except psycopg2.Error:
            time.sleep(RECONNECT)


def main():
    rows = itertools.count(1)
    for index, conninfo in enumerate(sys.argv[1:]):
        threading.Thread(target=probe, args=(index, conninfo, rows), daemon=True).start()
    sys.stdin.read()


main()
