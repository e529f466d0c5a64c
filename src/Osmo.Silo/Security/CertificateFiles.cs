using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Osmo.Domain.Errors;

namespace Osmo.Silo.Security;

/// <summary>
/// This process's certificate and the authorities that it believes, as the files have them now. Files are compared by what is in
/// them: Kubernetes renews secrets by moving a link, which leaves the times of the files that are named here as they were.
/// </summary>
internal sealed class CertificateFiles(ClusterCredentials credentials, TimeProvider time, ILogger? logger)
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Loaded? _loaded;
    private long _checkedAt;

    /// <summary>What the files say; what they said before if they cannot be used any more.</summary>
    /// <exception cref="OsmoException">They cannot be used and never could.</exception>
    public Loaded Current()
    {
        lock (_gate)
        {
            if (_loaded is { } known && time.GetElapsedTime(_checkedAt) < CheckInterval)
            {
                return known;
            }

            _checkedAt = time.GetTimestamp();
            try
            {
                return _loaded = Load(_loaded);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CryptographicException)
            {
                if (_loaded is { } before)
                {
                    if (logger is not null)
                    {
                        SiloLog.CertificateUnusable(logger, failure.Message);
                    }

                    return before;
                }

                throw new OsmoException(
                    ErrorCode.Invalid,
                    $"The certificate files of the cluster cannot be used: {failure.Message} Certificate and key have to be PEM files that "
                    + "belong together, and the authorities a PEM file with at least one certificate.");
            }
        }
    }

    private Loaded Load(Loaded? known)
    {
        var texts = (
            Certificate: File.ReadAllText(credentials.CertificateFile!),
            Key: File.ReadAllText(credentials.PrivateKeyFile!),
            Authorities: File.ReadAllText(credentials.AuthorityFile!));
        var together = string.Join('\0', texts.Certificate, texts.Key, texts.Authorities);
        var fingerprint = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(together));
        if (known is not null && known.Fingerprint.AsSpan().SequenceEqual(fingerprint))
        {
            return known;
        }

        var certificate = X509Certificate2.CreateFromPem(texts.Certificate, texts.Key);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(texts.Certificate);
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(texts.Authorities);
        if (authorities.Count == 0)
        {
            throw new CryptographicException($"{credentials.AuthorityFile} holds no certificate.");
        }

        if (known is not null && logger is not null)
        {
            SiloLog.CertificateRenewed(logger, certificate.NotAfter);
        }

        return new Loaded(SslStreamCertificateContext.Create(certificate, chain, offline: true), authorities, fingerprint);
    }

    /// <summary>What the files said at one moment.</summary>
    /// <param name="Own">The certificate with its key, and the intermediate ones that are sent with it.</param>
    /// <param name="Authorities">Whom to believe.</param>
    /// <param name="Fingerprint">A hash of the files.</param>
    internal sealed record Loaded(SslStreamCertificateContext Own, X509Certificate2Collection Authorities, byte[] Fingerprint);
}
