using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Osmo.Access.Secrets;
using Osmo.Domain.Errors;

namespace Osmo.Configs.Secrets;

/// <summary>
/// Secrets of documents on their way in and out: sealed in the store, masked for everybody who reads. They are opened only to find out
/// whether two of them are the same.
/// </summary>
/// <param name="ring">The keys.</param>
public sealed class ConfigSecrets(SecretsKeyRing ring)
{
    /// <summary>What is shown in the place of a secret, and means "as it is" where it comes back.</summary>
    public const string Mask = "**********";

    /// <summary>Refuses texts in the place of secrets that only the store may hold.</summary>
    /// <exception cref="OsmoException">There is one.</exception>
    public static void CheckInput(ConfigType type, JsonObject input)
    {
        ImmutableArray<FieldError> errors =
        [
            .. SecretFields.In(type, input)
                .Where(secret => SealedText.IsSealed(secret.Text))
                .Select(secret => new FieldError(
                    secret.Path, "is sealed already, as only stored secrets are. Give the secret itself, or leave the field out.")),
        ];
        if (errors.Length > 0)
        {
            throw OsmoException.InvalidFields(errors);
        }
    }

    /// <summary>Seals the new secrets of a document and puts the stored ones in the place of masks.</summary>
    /// <param name="type">The type.</param>
    /// <param name="document">The document, which is changed.</param>
    /// <param name="stored">The stored document that it was made of.</param>
    /// <exception cref="OsmoException">A mask stands where no secret is stored.</exception>
    public void Seal(ConfigType type, JsonObject document, JsonObject stored)
    {
        var byPath = SecretFields.In(type, stored).ToDictionary(secret => secret.Path, secret => secret.Text, StringComparer.Ordinal);
        var errors = ImmutableArray.CreateBuilder<FieldError>();
        foreach (var secret in SecretFields.In(type, document))
        {
            var before = byPath.GetValueOrDefault(secret.Path);
            if (secret.Text == Mask)
            {
                if (before is null)
                {
                    errors.Add(new FieldError(
                        secret.Path, $"is {Mask}, which stands for a stored secret, and none is stored there. Give the secret itself."));
                }
                else
                {
                    secret.Replace(before);
                }
            }
            else if (SealedText.IsSealed(secret.Text))
            {
                Move(type, secret, before, byPath);
            }
            else if (before is null || TryOpen(type, secret.Path, before) != secret.Text)
            {
                secret.Replace(SealedText.Seal(ring, SecretsPurpose.Config, Place(type, secret.Path), secret.Text));
            }
            else
            {
                secret.Replace(before);
            }
        }

        if (errors.Count > 0)
        {
            throw OsmoException.InvalidFields(errors.ToImmutable());
        }
    }

    /// <summary>A copy of a stored document to show.</summary>
    public static JsonObject Masked(ConfigType type, JsonObject stored)
    {
        var shown = (JsonObject)stored.DeepClone();
        foreach (var secret in SecretFields.In(type, shown))
        {
            secret.Replace(Mask);
        }

        return shown;
    }

    /// <summary>A copy of a stored document to show beside another one: secrets that differ from the other's say so.</summary>
    /// <param name="type">The type.</param>
    /// <param name="stored">The document.</param>
    /// <param name="other">The other one.</param>
    /// <param name="revision">The revision of the document.</param>
    public JsonObject MaskedBeside(ConfigType type, JsonObject stored, JsonObject other, long revision)
    {
        var byPath = SecretFields.In(type, other).ToDictionary(secret => secret.Path, secret => secret.Text, StringComparer.Ordinal);
        var shown = (JsonObject)stored.DeepClone();
        foreach (var secret in SecretFields.In(type, shown))
        {
            var isChanged = byPath.TryGetValue(secret.Path, out var text) && text != secret.Text
                && (TryOpen(type, secret.Path, text) is not { } plain || plain != TryOpen(type, secret.Path, secret.Text));
            secret.Replace(isChanged ? $"{Mask} <secret changed in r{revision}>" : Mask);
        }

        return shown;
    }

    /// <summary>
    /// A secret that an edit put elsewhere, as the renaming of a pool does, is sealed for its new place. One of an earlier revision, to
    /// which the configuration goes back, is where it was.
    /// </summary>
    private void Move(ConfigType type, SecretField secret, string? before, Dictionary<string, string> stored)
    {
        if (secret.Text == before || stored.FirstOrDefault(entry => entry.Value == secret.Text).Key is not { } from)
        {
            return;
        }

        var plain = SealedText.Open(ring, SecretsPurpose.Config, Place(type, from), secret.Text);
        secret.Replace(SealedText.Seal(ring, SecretsPurpose.Config, Place(type, secret.Path), plain));
    }

    private static string Place(ConfigType type, string path) => $"config/{type.Name()}/{path}";

    /// <summary>The secret; null where it does not open, because its key is gone.</summary>
    private string? TryOpen(ConfigType type, string path, string sealedText)
    {
        try
        {
            return SealedText.Open(ring, SecretsPurpose.Config, Place(type, path), sealedText);
        }
        catch (OsmoException)
        {
            return null;
        }
    }
}
