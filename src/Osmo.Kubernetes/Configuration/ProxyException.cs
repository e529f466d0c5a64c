using System.Globalization;
using System.Net;

namespace Osmo.Kubernetes;

/// <summary>
/// One entry of NO_PROXY: <c>*</c>, an address, a range (10.0.0.0/8), a domain with all below it (example.com), or only what is below it
/// (.example.com); all but a range may name a port.
/// </summary>
internal sealed class ProxyException
{
    private readonly bool _isEverything;
    private readonly IPNetwork? _range;
    private readonly IPAddress? _address;
    private readonly string _domain;
    private readonly int? _port;

    public ProxyException(string entry)
    {
        _domain = entry.TrimEnd('.');
        _isEverything = entry == "*";
        if (entry.Contains('/', StringComparison.Ordinal))
        {
            _range = Range(entry);
            return;
        }

        if (!IPAddress.TryParse(entry, out _address) && Port(entry) is { } port)
        {
            _port = port;
            _domain = entry[..entry.LastIndexOf(':')].TrimEnd('.');
            _ = IPAddress.TryParse(_domain, out _address);
        }

        _domain = _domain.StartsWith("*.", StringComparison.Ordinal) ? _domain[1..] : _domain;
    }

    /// <summary>Whether a destination is reached without the proxy.</summary>
    public bool Matches(Uri server)
    {
        if (_isEverything)
        {
            return true;
        }

        if (_port is { } wanted && wanted != server.Port)
        {
            return false;
        }

        string name = server.IdnHost.TrimEnd('.');
        if (IPAddress.TryParse(name, out IPAddress? address) || _range is not null || _address is not null)
        {
            return address is not null && (_range?.Contains(address) ?? address.Equals(_address));
        }

        return _domain.StartsWith('.')
            ? name.EndsWith(_domain, StringComparison.OrdinalIgnoreCase)
            : name.Equals(_domain, StringComparison.OrdinalIgnoreCase)
                || name.EndsWith($".{_domain}", StringComparison.OrdinalIgnoreCase);
    }

    private static int? Port(string entry)
    {
        int colon = entry.LastIndexOf(':');
        return colon > 0 && int.TryParse(entry.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            ? port
            : null;
    }

    // A range is usually written with the address of some host in it, which the platform's parser refuses.
    private static IPNetwork? Range(string entry)
    {
        string[] parts = entry.Split('/', 2);
        if (!IPAddress.TryParse(parts[0], out IPAddress? address)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int bits))
        {
            return null;
        }

        byte[] bytes = address.GetAddressBytes();
        if (bits > bytes.Length * 8)
        {
            return null;
        }

        for (int bit = bits; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPNetwork(new IPAddress(bytes), bits);
    }
}
