using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;
using Osmo.Access.Auditing;
using Osmo.Access.Recognition;
using Osmo.Access.Secrets;
using Osmo.Access.Tokens;

namespace Osmo.Access.Signing;

/// <summary>
/// The keys that sign log-ins. The newest signs, for all gateways; the ones before verify until the last that they signed has expired.
/// The first is made when one is needed, and a new one where the newest is old.
/// </summary>
public sealed class SigningKeys(IAccessStore store, AccessWatch watch, SecretsKeyRing ring, TimeProvider time)
{
    /// <summary>
    /// How long a key verifies after the next one was made: as long as a log-in lasts, and a while for gateways that do not know of the
    /// next one yet, and for their clocks.
    /// </summary>
    public static readonly TimeSpan VerifiesAfterSuccessor = LoginTokens.Lifetime + TimeSpan.FromMinutes(1);

    private const int Bits = 3_072;
    private const int IdBytes = 8;
    private const int AttemptsMax = 5;

    /// <summary>The age at which the newest key is replaced.</summary>
    private static readonly TimeSpan SignsFor = TimeSpan.FromDays(30);

    private readonly ConcurrentDictionary<string, RsaSecurityKey> _private = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RsaSecurityKey> _public = new(StringComparer.Ordinal);

    /// <summary>The key that signs now.</summary>
    /// <exception cref="Osmo.Domain.Errors.OsmoException">The store cannot be used, or the key not be opened.</exception>
    internal async Task<RsaSecurityKey> SignerAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var newest = watch.Read().Keys.FirstOrDefault();
            if (newest is not null && (time.GetUtcNow() - newest.CreatedAt < SignsFor || attempt == AttemptsMax))
            {
                return Open(newest);
            }

            await AddAsync(newest?.Id, Automatic("create"), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Makes a key that signs from now on; the others go on verifying.</summary>
    /// <param name="audit">Who wants it, from the key's id.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The new key's id, or that of another one that somebody made at the same time.</returns>
    public async Task<string> RotateAsync(Func<string, AuditEvent> audit, CancellationToken cancellationToken)
    {
        await AddAsync(watch.Read().Keys.FirstOrDefault()?.Id, audit, cancellationToken).ConfigureAwait(false);
        return watch.Read().Keys[0].Id;
    }

    /// <summary>Takes a key away: every log-in that it signed is refused from then on, and has to be made anew from its token.</summary>
    /// <returns>False where there is none.</returns>
    public async Task<bool> RevokeAsync(string id, AuditEvent audit, CancellationToken cancellationToken)
    {
        var removed = await store.RemoveSigningKeyAsync(id, audit, cancellationToken).ConfigureAwait(false);
        await watch.RefreshAsync(cancellationToken).ConfigureAwait(false);
        return removed;
    }

    /// <summary>The public parts of all keys that verify, for the world: there is always one.</summary>
    public async Task<IReadOnlyList<PublishedKey>> PublishAsync(CancellationToken cancellationToken)
    {
        await SignerAsync(cancellationToken).ConfigureAwait(false);
        var (state, now) = (watch.Read(), time.GetUtcNow());
        return
        [
            .. state.Keys.Where(key => state.FindKey(key.Id, now) is not null).Select(key =>
            {
                var parameters = Verifier(key).Parameters;
                return new PublishedKey(
                    key.Id, Base64UrlEncoder.Encode(parameters.Modulus), Base64UrlEncoder.Encode(parameters.Exponent));
            }),
        ];
    }

    /// <summary>The public part of a key.</summary>
    internal RsaSecurityKey Verifier(StoredSigningKey stored) => _public.GetOrAdd(stored.Id, id =>
    {
        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(Convert.FromBase64String(stored.PublicKey), out _);
        return new RsaSecurityKey(rsa.ExportParameters(includePrivateParameters: false)) { KeyId = id };
    });

    private static string Place(string id) => $"signing-key/{id}";

    private RsaSecurityKey Open(StoredSigningKey stored) => _private.GetOrAdd(stored.Id, id =>
    {
        using var rsa = RSA.Create();
        var text = SealedText.Open(ring, SecretsPurpose.Signing, Place(id), stored.SealedPrivateKey);
        rsa.ImportPkcs8PrivateKey(Convert.FromBase64String(text), out _);
        return new RsaSecurityKey(rsa.ExportParameters(includePrivateParameters: true)) { KeyId = id };
    });

    private Func<string, AuditEvent> Automatic(string action) =>
        target => new AuditEvent(time.GetUtcNow(), "system", action, target, "", "");

    private async Task AddAsync(string? newest, Func<string, AuditEvent> audit, CancellationToken cancellationToken)
    {
        var key = await Task.Run(Create, cancellationToken).ConfigureAwait(false);
        if (await store.AddSigningKeyAsync(key, newest, audit(Place(key.Id)), cancellationToken).ConfigureAwait(false))
        {
            var (state, now) = (watch.Read(), time.GetUtcNow());
            foreach (var old in state.Keys.Where(old => state.FindKey(old.Id, now) is null))
            {
                var expired = Automatic("delete")(Place(old.Id));
                await store.RemoveSigningKeyAsync(old.Id, expired, cancellationToken).ConfigureAwait(false);
            }
        }

        await watch.RefreshAsync(cancellationToken).ConfigureAwait(false);
    }

    private StoredSigningKey Create()
    {
        using var rsa = RSA.Create(Bits);
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
        var sealedKey = SealedText.Seal(
            ring, SecretsPurpose.Signing, Place(id), Convert.ToBase64String(rsa.ExportPkcs8PrivateKey()));
        return new StoredSigningKey(id, Convert.ToBase64String(rsa.ExportSubjectPublicKeyInfo()), sealedKey, time.GetUtcNow());
    }
}

/// <summary>The public part of a key that signs log-ins (RS256), as a JWK has it.</summary>
/// <param name="Id">Its id (<c>kid</c>).</param>
/// <param name="Modulus">The modulus (<c>n</c>), base64url.</param>
/// <param name="Exponent">The exponent (<c>e</c>), base64url.</param>
public sealed record PublishedKey(string Id, string Modulus, string Exponent);
