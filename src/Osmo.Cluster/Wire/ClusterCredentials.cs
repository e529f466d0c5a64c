using System.Net;
using Osmo.Cluster.Wire.Security;
using Osmo.Grains.Errors;

namespace Osmo.Cluster.Wire;

/// <summary>
/// How processes of a cluster know each other: by a shared key, by certificates, or, where all are on one machine, not at all.
/// </summary>
public sealed record ClusterCredentials
{
    /// <summary>The name that silos' certificates carry where nothing else is configured.</summary>
    public const string ServerNameDefault = "osmo-silo";

    /// <summary>Fewest bytes of a shared key.</summary>
    public const int KeyBytesMin = 32;

    /// <summary>
    /// File with the key that all processes share; at least <see cref="KeyBytesMin"/> bytes, not counting white space at its end. The
    /// key shows who somebody is and does not encrypt: use certificates where others can read the network.
    /// </summary>
    public string? KeyFile { get; init; }

    /// <summary>PEM file with this process's certificate, then those of intermediate authorities. Read again when it changes.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file with the certificate's private key.</summary>
    public string? PrivateKeyFile { get; init; }

    /// <summary>PEM file with the authorities whose certificates are believed.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>The DNS name that a silo's certificate has to carry; it needs not carry the silo's address.</summary>
    public string ServerName { get; init; } = ServerNameDefault;

    /// <summary>Whether certificates are used.</summary>
    public bool UsesTls => CertificateFile is not null;

    /// <summary>Whether the network itself has to keep strangers out: only loopback does.</summary>
    public bool IsOpen => KeyFile is null && CertificateFile is null;

    /// <summary>Checks that the options fit each other and that the files can be used.</summary>
    /// <exception cref="OsmoException">They do not; the message says what to do.</exception>
    public void Validate()
    {
        var parts = new[] { CertificateFile, PrivateKeyFile, AuthorityFile };
        if (parts.Any(part => part is null) && parts.Any(part => part is not null))
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                "For mutual TLS between processes give all three: the certificate, its private key, and the authorities to believe.");
        }

        if (UsesTls && KeyFile is not null)
        {
            throw new OsmoException(
                ErrorCode.Invalid, "Processes know each other by certificates or by a shared key. Give the files of one of the two.");
        }

        if (KeyFile is not null)
        {
            SharedKey.Read(KeyFile);
        }

        if (UsesTls)
        {
            new CertificateFiles(this, TimeProvider.System, logger: null).Current();
        }
    }

    /// <summary>Checks that an address is safe to listen on, or to be reached at, with these credentials.</summary>
    /// <exception cref="OsmoException">It is not; the message says what to do.</exception>
    public void RequireSafe(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (IsOpen && !IsLoopback(address))
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                $"Without credentials everybody who reaches a silo may do everything, so processes talk on loopback only, not on "
                + $"{address.Host}. Give all of them the same key file (head -c 32 /dev/urandom | base64 > cluster.key) or certificates, "
                + "or use 127.0.0.1.");
        }

        var scheme = UsesTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp;
        if (address.Scheme != scheme)
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                $"The silo's address {address} has to begin with {scheme}://, because the cluster is configured "
                + (UsesTls ? "with certificates." : "without certificates."));
        }
    }

    internal static bool IsLoopback(Uri address) =>
        address.Host == "localhost" || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));
}
