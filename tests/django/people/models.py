"""A user model as projects write their own: the address is the name."""
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models


class Member(AbstractBaseUser, PermissionsMixin):
    mail = models.EmailField(unique=True)
    nick = models.CharField(max_length=50, blank=True)
    kind = models.IntegerField(default=1)
    is_email_confirmed = models.BooleanField(default=False)
    registered = models.DateTimeField()
    groups = models.ManyToManyField("auth.Group", related_name="members")
    user_permissions = models.ManyToManyField("auth.Permission", related_name="members")
    USERNAME_FIELD = "mail"
    objects = BaseUserManager()
