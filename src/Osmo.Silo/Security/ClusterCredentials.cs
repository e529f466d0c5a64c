using System.Net;
using Osmo.Domain.Errors;

namespace Osmo.Silo.Security;

/// <summary>How members of a cluster know each other: by certificates, or, if all are on one machine, not at all.</summary>
public sealed record ClusterCredentials
{
    /// <summary>The name that members' certificates carry if nothing else is configured.</summary>
    public const string NameDefault = "osmo-silo";

    /// <summary>PEM file with this member's certificate, then those of intermediate authorities. Read again when it changes.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file with the certificate's private key.</summary>
    public string? PrivateKeyFile { get; init; }

    /// <summary>PEM file with the authorities whose certificates are believed.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>The DNS name that a member's certificate has to carry; it needs not carry the member's address.</summary>
    public string Name { get; init; } = NameDefault;

    /// <summary>Whether certificates are used.</summary>
    public bool UsesTls => CertificateFile is not null;

    /// <summary>Checks that the options fit each other and that the files can be used.</summary>
    /// <exception cref="OsmoException">They do not; the message says what to do.</exception>
    public void Validate()
    {
        var parts = new[] { CertificateFile, PrivateKeyFile, AuthorityFile };
        if (parts.Any(part => part is null) && parts.Any(part => part is not null))
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                "For TLS between the members of the cluster give all three: --cluster-cert-file with the certificate, "
                + "--cluster-cert-key-file with its private key, and --cluster-ca-file with the authorities to believe.");
        }

        if (UsesTls)
        {
            new CertificateFiles(this, TimeProvider.System, logger: null).Current();
        }
    }

    /// <summary>Checks that an address is safe to listen on, or to be reached at, with these credentials.</summary>
    /// <exception cref="OsmoException">It is not; the message says what to do.</exception>
    public void RequireSafe(IPAddress address)
    {
        if (!UsesTls && !IPAddress.IsLoopback(address))
        {
            throw new OsmoException(
                ErrorCode.Invalid,
                "Without certificates everybody who reaches a member of the cluster may do everything, so members talk on loopback only, "
                + $"not on {address}. "
                + "Give every member --cluster-cert-file, --cluster-cert-key-file and --cluster-ca-file, or use 127.0.0.1.");
        }
    }
}
