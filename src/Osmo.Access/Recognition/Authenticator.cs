using System.Collections.Concurrent;
using Microsoft.IdentityModel.JsonWebTokens;
using Osmo.Access.Roles;
using Osmo.Access.Secrets;
using Osmo.Access.Signing;
using Osmo.Access.Tokens;
using Osmo.Domain.Errors;

namespace Osmo.Access.Recognition;

/// <summary>
/// Recognizes callers by their credentials. What was verified once is remembered by its hash, and judged anew whenever tokens, keys or
/// roles change, which costs no cryptography.
/// </summary>
public sealed class Authenticator(FixedTokens fixedTokens, StoredAccess? stored, AccessLimits limits, TimeProvider time)
{
    private const int KnownMax = 20_000;
    private const int BudgetsMax = 20_000;
    private const string Unknown = "The token is not valid. Check that it is complete and was not deleted.";

    private readonly ConcurrentDictionary<CredentialKey, Known> _known = new();
    private readonly ConcurrentDictionary<string, RequestBudget> _budgets = new(StringComparer.Ordinal);

    /// <summary>Recognizes the holder of a credential: a token, or a log-in.</summary>
    /// <param name="credential">The credential.</param>
    /// <param name="mayLookUp">Whether the store may be asked about one that is not known here.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OsmoException">The store, or an identity provider, cannot say.</exception>
    public ValueTask<AccessAnswer> RecognizeAsync(string credential, bool mayLookUp, CancellationToken cancellationToken)
    {
        if (credential.Length > AccessLimits.CredentialCharsMax)
        {
            return new(new AccessAnswer(null, "The credential is too long to be one."));
        }

        var key = CredentialKey.Of(credential);
        if (fixedTokens.Find(key) is { } principal)
        {
            return new(Recognized(principal, RoleTable.Preassigned));
        }

        if (stored is null)
        {
            return new(new AccessAnswer(null, Unknown));
        }

        var state = stored.Watch.Read();
        if (_known.TryGetValue(key, out var known))
        {
            if (ReferenceEquals(known.State, state) && !IsOver(known.Identity.Principal))
            {
                return new(new AccessAnswer(known.Identity, null));
            }

            return new(Remember(key, state, Judge(known.Identity.Principal, state)));
        }

        return new(VerifyAsync(key, credential, mayLookUp, cancellationToken));
    }

    /// <summary>A caller by the tokens and roles of now: for connections that stay open.</summary>
    /// <remarks>A log-in's own end does not end a connection that it opened; the end of its token does.</remarks>
    /// <returns>Null where it would be refused.</returns>
    /// <exception cref="OsmoException">The store cannot say.</exception>
    public Identity? Renew(Principal principal) => principal.Kind switch
    {
        PrincipalKind.File => Recognized(principal, RoleTable.Preassigned).Identity,
        PrincipalKind.Oidc => RecognizedByProvider(principal, stored!.Watch.Read()).Identity,
        _ => Judge(principal with { Kind = PrincipalKind.AccessToken }, stored!.Watch.Read()).Identity,
    };

    private async Task<AccessAnswer> VerifyAsync(
        CredentialKey key, string credential, bool mayLookUp, CancellationToken cancellationToken)
    {
        var state = stored!.Watch.Read();
        var verdict = await VerifyAsync(credential, state, cancellationToken).ConfigureAwait(false);
        if (verdict.MayBeNew && mayLookUp && await stored.Watch.LookAgainAsync(state, cancellationToken).ConfigureAwait(false))
        {
            state = stored.Watch.Read();
            verdict = await VerifyAsync(credential, state, cancellationToken).ConfigureAwait(false);
        }

        return verdict.Principal is { } principal
            ? Remember(key, state, Judge(principal, state))
            : new AccessAnswer(null, verdict.Refusal);
    }

    private async Task<Verdict> VerifyAsync(string credential, AccessState state, CancellationToken cancellationToken)
    {
        if (credential.Count(c => c == '.') is not (2 or 4))
        {
            return credential.Length <= TokenText.CharsMax ? FindToken(credential, state) : new Verdict(null, Unknown, false);
        }

        JsonWebToken login;
        try
        {
            login = new JsonWebToken(credential);
        }
        catch (ArgumentException)
        {
            return new Verdict(null, Unknown, false);
        }

        if (stored!.External is { } external && external.IsFrom(login.Issuer))
        {
            var (principal, refusal) = await external.VerifyAsync(credential, cancellationToken).ConfigureAwait(false);
            return new Verdict(principal, refusal, false);
        }

        var (found, reason, isUnknownKey) = await stored.Logins.VerifyAsync(login, state).ConfigureAwait(false);
        var isNew = found is not null && fixedTokens.Find(found.TokenId!) is null && state.FindToken(found.TokenId!) is null;
        return isNew ? new Verdict(null, "The token of this log-in is gone. Log in with another one.", true)
            : new Verdict(found, reason, isUnknownKey);
    }

    private Verdict FindToken(string text, AccessState state)
    {
        foreach (var hash in TokenText.Hashes(stored!.Keys, text))
        {
            if (state.Find(hash) is { } token)
            {
                return new Verdict(new Principal(PrincipalKind.AccessToken, token.User, []) { TokenId = token.Id }, null, false);
            }
        }

        return new Verdict(null, Unknown, true);
    }

    /// <summary>What was once verified, by the tokens, keys and roles of now.</summary>
    private AccessAnswer Judge(Principal principal, AccessState state)
    {
        if (principal.Kind == PrincipalKind.Oidc)
        {
            return IsOver(principal) ? Over() : RecognizedByProvider(principal, state);
        }

        if (principal.Kind == PrincipalKind.Login && (state.FindKey(principal.KeyId!, time.GetUtcNow()) is null || IsOver(principal)))
        {
            return Over();
        }

        if (fixedTokens.Find(principal.TokenId!) is { } given)
        {
            return Recognized(
                principal with { Name = given.Name, Roles = given.Roles, TokenName = given.TokenName }, RoleTable.Preassigned);
        }

        if (state.FindToken(principal.TokenId!) is not { } token)
        {
            return new AccessAnswer(null, Unknown);
        }

        var end = principal.Kind == PrincipalKind.Login && principal.ExpiresAt < token.ExpiresAt ? principal.ExpiresAt : token.ExpiresAt;
        return time.GetUtcNow() < token.ExpiresAt
            ? Recognized(principal with { Roles = state.RolesOf(token), TokenName = token.Name, ExpiresAt = end }, state.Roles)
            : new AccessAnswer(null, AccessLimits.Expired);
    }

    private AccessAnswer Remember(CredentialKey key, AccessState state, AccessAnswer answer)
    {
        if (answer.Identity is not { } identity)
        {
            _known.TryRemove(key, out _);
            return answer;
        }

        if (_known.Count >= KnownMax)
        {
            _known.Clear();
        }

        _known[key] = new Known(identity, state);
        return answer;
    }

    private static AccessAnswer Over() => new(null, "The log-in has expired. Log in again, or exchange the access token anew.");

    private bool IsOver(Principal principal) => principal.ExpiresAt <= time.GetUtcNow();

    private AccessAnswer RecognizedByProvider(Principal principal, AccessState state) =>
        Recognized(principal with { Roles = state.RolesOf(principal.Name, principal.ClaimedRoles) }, state.Roles);

    private AccessAnswer Recognized(Principal principal, RoleTable roles)
    {
        if (_budgets.Count >= BudgetsMax)
        {
            _budgets.Clear();
        }

        var budget = _budgets.GetOrAdd(
            principal.TokenId ?? $"{principal.Kind}/{principal.Name}",
            _ => new RequestBudget(limits.RequestsPerSecond, limits.RequestsPerSecond * AccessLimits.BurstSeconds, time));
        return new AccessAnswer(new Identity(principal, roles.Resolve(principal.Roles), budget), null);
    }

    private sealed record Known(Identity Identity, AccessState State);

    private readonly record struct Verdict(Principal? Principal, string? Refusal, bool MayBeNew);
}

/// <summary>What a gateway recognizes stored tokens and log-ins by.</summary>
/// <param name="Watch">Tokens, keys and roles.</param>
/// <param name="Keys">The keys of the tokens' hashes.</param>
/// <param name="Logins">Verifies log-ins.</param>
/// <param name="External">Verifies an identity provider's; null where there is none.</param>
public sealed record StoredAccess(AccessWatch Watch, SecretsKeyRing Keys, LoginTokens Logins, IExternalLogins? External);
