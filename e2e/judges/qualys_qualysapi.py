"""qualysapi, unchanged, against the simulated Qualys VMDR.

Usage: qualys_qualysapi.py BASE_URL USERNAME PASSWORD AUTHORITY_FILE

The client speaks HTTPS only; AUTHORITY_FILE is the certificate of the authority that vouches for the simulator, which
must stand still (speed 0): this script moves its clock. Exit 0 when every call is accepted and every answer is what a
client of the real product relies on.
"""

import json
import os
import sys
from urllib.parse import parse_qs, urlsplit

import lxml.objectify
import qualysapi
import requests
from simulator import Simulator

SCAN = '/api/2.0/fo/scan/'


def answer(conn, call, **parameters):
    """What the client's general request gives, parsed; a refusal has a CODE."""
    return lxml.objectify.fromstring(conn.request(call, parameters).encode('utf-8'))


def refused(code, conn, call, **parameters):
    try:
        conn.request(call, parameters)
    except requests.exceptions.HTTPError as error:
        body = lxml.objectify.fromstring(error.response.content)
        assert body.tag == 'SIMPLE_RETURN' and body.RESPONSE.CODE == code, error.response.text
        return error.response
    raise AssertionError(f'{call} {parameters} was not refused')


def listed(conn, ref):
    return next((scan for scan in conn.listScans() if scan.ref == ref), None)


def whole_life(conn, simulator):
    appliances = conn.listAppliances()
    assert {str(appliance.status) for appliance in appliances} == {'Online', 'Offline'}
    appliance = str(appliances[0].name)

    scan = conn.launchScan('Jüdged', 'Initial Options', appliance, ip='10.9.8.1-10.9.8.3')
    assert scan.ref.startswith('scan/') and scan.status == 'Queued' and scan.processed == 0, scan
    assert scan.title == 'Jüdged' and scan.duration == 'Pending' and scan.target == ['10.9.8.1-10.9.8.3'], vars(scan)
    refused(1920, conn, SCAN, action='pause', scan_ref=scan.ref)
    simulator.advance(30)
    scan = listed(conn, scan.ref)
    assert (scan.status, scan.duration) == ('Running', 'Running'), vars(scan)
    assert [running.ref for running in conn.listScans(state='Running')] == [scan.ref]
    refused(1920, conn, SCAN, action='delete', scan_ref=scan.ref)
    refused(1920, conn, SCAN, action='fetch', scan_ref=scan.ref, output_format='json')

    scan.pause(conn)
    assert scan.status == 'Running', 'an accepted pause is not in force yet'
    simulator.advance(120)
    scan = listed(conn, scan.ref)
    assert scan.status == 'Paused'
    scan.resume(conn)
    assert scan.status == 'Paused'
    simulator.advance(120)
    assert listed(conn, scan.ref).status == 'Running'

    seen = []
    for _ in range(60):
        scan = listed(conn, scan.ref)
        seen.append((scan.status, scan.processed))
        simulator.advance(10)
    stages = [stage for at, stage in enumerate(seen) if at == 0 or seen[at - 1] != stage]
    assert stages == [('Running', 0), ('Loading', 0), ('Finished', 0), ('Finished', 1)], stages
    assert len(scan.duration.split(':')) == 3, scan.duration

    found = results(conn, simulator, scan.ref)
    on_hosts(conn, simulator, scan.ref, found)
    cancelled(conn, simulator, appliance)

    assert answer(conn, SCAN, action='delete', scan_ref=scan.ref).RESPONSE.TEXT == 'Deleting scan'
    refused(1905, conn, SCAN, action='fetch', scan_ref=scan.ref)
    actions = simulator.effects(scan.ref)
    for once in ['launch', 'pause', 'resume', 'delete']:
        assert actions.count(once) == 1, actions


def results(conn, simulator, ref):
    account, header, *findings, distribution = json.loads(
        conn.request(SCAN, {'action': 'fetch', 'scan_ref': ref, 'output_format': 'json', 'mode': 'extended'})
    )
    assert account['username'] and header['reference'] == ref and header['status'] == 'Finished', header
    assert list(distribution) == ['target_distribution_across_scanner_appliances']
    references = [f'{row["qid"]}|{row["ip"]}|{row["port"] or 0}|{row["protocol"] or "tcp"}' for row in findings]
    served = [finding['reference'] for finding in simulator.served(ref, ref)]
    # Without a port the protocol is not told either.
    plain = [reference if '|0|' not in reference else reference.rsplit('|', 1)[0] + '|tcp' for reference in served]
    assert len(findings) == 75 and sorted(references) == sorted(plain)
    assert {row['type'] for row in findings} == {'Vuln', 'Practice', 'Ig'}
    table = conn.request(SCAN, {'action': 'fetch', 'scan_ref': ref, 'ips': '10.9.8.1', 'output_format': 'csv'})
    assert 0 < table.count('"10.9.8.1",') < 75 and '"10.9.8.2",' not in table.split('"IP Status"')[1]
    return findings


def on_hosts(conn, simulator, ref, findings):
    """The processed scan in the data of the hosts, in pages, and the checks by their numbers."""
    call, parameters = '/api/2.0/fo/asset/host/vm/detection/', {'action': 'list', 'show_igs': 1, 'truncation_limit': 2}
    rows, pages = [], 0
    while True:
        page = answer(conn, call, **parameters).RESPONSE
        pages += 1
        for host in page.HOST_LIST.HOST:
            rows += [(str(host.IP), int(detection.QID)) for detection in host.DETECTION_LIST.DETECTION]
        warning = page.find('WARNING')
        if warning is None:
            break
        assert warning.CODE == 1980
        query = parse_qs(urlsplit(str(warning.URL)).query)
        parameters = {name: values[0] for name, values in query.items()}
    assert pages == 2 and sorted(rows) == sorted((row['ip'], int(row['qid'])) for row in findings)
    hosts = conn.listHosts(limit=0)
    assert sorted(str(host.ip) for host in hosts) == ['10.9.8.1', '10.9.8.2', '10.9.8.3']

    wanted = {row['qid']: row for row in findings}
    known = answer(conn, '/api/2.0/fo/knowledge_base/vuln/', action='list', ids=','.join(wanted), details='All')
    for check in known.RESPONSE.VULN_LIST.VULN:
        row = wanted.pop(str(check.QID))
        assert (str(check.TITLE), str(check.SEVERITY_LEVEL)) == (row['title'], row['severity'])
        cves = [str(cve.ID) for cve in check.CVE_LIST.CVE] if check.find('CVE_LIST') is not None else []
        assert ', '.join(cves) == (row['cve_id'] or ''), (cves, row['cve_id'])
    assert not wanted, wanted


def cancelled(conn, simulator, appliance):
    scan = conn.launchScan('Stopped', 'Initial Options', appliance, asset_groups='Web farm')
    assert scan.assetgroups == ['Web farm'] or [str(group) for group in scan.assetgroups] == ['Web farm']
    simulator.advance(100)
    scan = listed(conn, scan.ref)
    scan.cancel(conn)
    assert scan.status == 'Running'
    simulator.advance(120)
    assert listed(conn, scan.ref).status == 'Canceled'
    part = json.loads(conn.request(SCAN, {'action': 'fetch', 'scan_ref': scan.ref, 'output_format': 'json'}))
    assert 3 < len(part) < 153, len(part)
    answer(conn, SCAN, action='delete', scan_ref=scan.ref)


def window(conn, simulator):
    """Without a window the list forgets what is older than thirty days."""
    scan = conn.launchScan('Old', 'Initial Options', 'External', ip='10.9.7.1')
    simulator.advance(31 * 86_400)
    conn.launchScan('New', 'Initial Options', 'External', ip='10.9.7.2')
    assert listed(conn, scan.ref) is None
    assert scan.ref in [old.ref for old in conn.listScans(launched_after='2020-01-01')]


def mistakes(conn):
    refused(1905, conn, SCAN, action='launch', scan_title='x', option_title='None such', ip='10.9.8.1')
    refused(1922, conn, SCAN, action='launch', scan_title='x', ip='10.9.8.1')
    refused(1904, conn, SCAN, action='launch', option_id=301001, option_title='Initial Options', ip='10.9.8.1')
    refused(1922, conn, SCAN, action='launch', option_title='Initial Options')
    refused(1901, conn, SCAN, action='list', strange='1')
    refused(1905, conn, SCAN, action='list', state='Sleeping')
    refused(1903, conn, SCAN, scan_ref='x')


def main(url, username, password, authority):
    os.environ['REQUESTS_CA_BUNDLE'] = authority
    hostname = f'localhost:{urlsplit(url).port}'
    simulator = Simulator(f'https://{hostname}', authority=authority)

    def connect(password):
        return qualysapi.connect(username=username, password=password, hostname=hostname, max_retries=0)

    conn = connect(password)
    assert 'API-VERSION' in conn.request('about.php')
    whole_life(conn, simulator)
    mistakes(conn)
    window(conn, simulator)
    assert conn.rate_limit_remaining, 'the client reads the vendor\'s headers'
    refused(2000, connect('no'), SCAN, action='list')


if __name__ == '__main__':
    main(*sys.argv[1:])
    print('qualysapi accepts the simulated Qualys VMDR')
