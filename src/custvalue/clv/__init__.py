"""Customer lifetime value: models of purchases and spend, lifetime value, validation."""

from custvalue.clv._contractual import ContractualModel as ContractualModel
from custvalue.clv._fit import Fit as Fit
from custvalue.clv._model import Model as Model
from custvalue.clv._model import PurchaseModel as PurchaseModel
from custvalue.clv._predictions import Predictions as Predictions
from custvalue.clv.beta_discrete_weibull import BetaDiscreteWeibull as BetaDiscreteWeibull
from custvalue.clv.beta_geo import BetaGeo as BetaGeo
from custvalue.clv.gamma_gamma import GammaGamma as GammaGamma
from custvalue.clv.modified_beta_geo import ModifiedBetaGeo as ModifiedBetaGeo
from custvalue.clv.shifted_beta_geo import ShiftedBetaGeo as ShiftedBetaGeo
from custvalue.clv.validation import HoldoutValidation as HoldoutValidation
from custvalue.clv.validation import holdout as holdout
from custvalue.clv.value import LifetimeValues as LifetimeValues
from custvalue.clv.value import lifetime_value as lifetime_value

PURCHASE_MODELS: dict[str, type[PurchaseModel]] = {
    model.__name__: model for model in (BetaGeo, ModifiedBetaGeo)
}
CONTRACTUAL_MODELS: dict[str, type[ContractualModel]] = {
    model.__name__: model for model in (ShiftedBetaGeo, BetaDiscreteWeibull)
}
MODELS: dict[str, type[Model]] = {
    **PURCHASE_MODELS,
    "GammaGamma": GammaGamma,
    **CONTRACTUAL_MODELS,
}

__all__ = [
    "CONTRACTUAL_MODELS",
    "MODELS",
    "PURCHASE_MODELS",
    "BetaDiscreteWeibull",
    "BetaGeo",
    "ContractualModel",
    "Fit",
    "GammaGamma",
    "HoldoutValidation",
    "LifetimeValues",
    "Model",
    "ModifiedBetaGeo",
    "Predictions",
    "PurchaseModel",
    "ShiftedBetaGeo",
    "holdout",
    "lifetime_value",
]
